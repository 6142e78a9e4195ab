"""The control panel: a desktop program for whoever looks after the box. It is a client of the control door and imports nothing
of the server's: it could be written in another language without the server noticing."""
