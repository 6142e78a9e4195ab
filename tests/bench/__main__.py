"""`uv run python tests/bench`: the main benchmark, speed.py. Others beside it: beside.py, imports.py, jobs.py."""

from speed import main

if __name__ == "__main__":
    main()
