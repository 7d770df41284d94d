"""What the window does when something is asked of it, one module for each kind of work.

A controller connects actions and widgets to the session, and the session's events back to them. It
holds no document and paints nothing.
"""
