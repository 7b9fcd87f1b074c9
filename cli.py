"""The command line from a checkout: `python cli.py validate batch.837 --state KS`."""

from billing.cli import main

if __name__ == "__main__":
    main(prog_name="cleanclaim")
