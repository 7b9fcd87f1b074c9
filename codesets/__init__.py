"""The shipped program files and code lists, as data of the package."""
