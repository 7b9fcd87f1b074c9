"""The version of cleanclaim: written here once, read by the package's build, the command line and the results."""

__version__ = "0.1.0"
