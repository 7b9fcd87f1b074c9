"""Code sets that test themselves: small readable cases beside each program file.

    <program>.scenarios.yaml ─▶ files.py ─▶ running.py ─▶ what a scenario expects, and what was found
    collecting.py   which files there are; testing.py runs each as a whole; scenario.py is what was read
    notation.py     one line of text to a claim and its service lines; reference_rows.py to a row of a reference file
    naming.py       people and numbers of a scenario, kept apart from those of all others in one batch
    coverage.py     which rules have no case that fires, or none that passes
    changes.py      one value changed at a time; mutants.py makes programs of that
    mutation.py     which of these changes no scenario noticed

`cleanclaim test` and the test suite both come in here.
"""
