"""The pages of the panel: each shows what the server says and asks it to do things."""
