"""Diagnosis: a table of checks over the clusters, sites and links of a question, judged from facts alone.

`checks` has the shape of a check and its result, `facts` what checks may know, `scope` which sites and links a command
is about. `clusters` and `network` are the checks that hold for every version of Skupper; an engine adds its own.
`diagnosing` evaluates the table. Nothing here does I/O; what was not read is a fact as well.
"""
