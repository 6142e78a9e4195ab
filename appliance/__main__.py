"""`python -m appliance` is `ingot`."""

from appliance.cli import main

if __name__ == "__main__":
    main()
