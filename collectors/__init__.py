"""AWS in, raw rows out.

Promise: every page that AWS returns is read to the end or the source fails; a cursor never passes a window that was
not exhausted; one failing source never stops the others; nothing on the drop-list is written anywhere. Only aws.py
makes clients, only fetch functions use the network, and parsing is pure.
"""
