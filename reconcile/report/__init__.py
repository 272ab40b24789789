"""Plans, events, states and findings as text and JSON.

Everything here turns values into strings or renderables; printing is left to the command line. Output has a fixed
order, says the same thing in the same words everywhere, and never contains secret data, since the values that it is
given hold none.
"""
