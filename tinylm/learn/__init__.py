"""The course: its lessons, and exercises that are checked at once.

    from tinylm.learn import check, hint, solution

    check("02.1", my_derivative)     # tries your function; what is wrong it says where, how much, and what it suggests
    hint("02.1")                     # one more hint each time
    solution("02.1")                 # one way to do it

`tinylm lessons` lists the lessons; lessons/README.md says how one is written.
"""

from .checking import Verdict, check
from .exercises import hint, solution
from .figures import canvas, label
from .language import say, speak, spoken
from .lessons import begin

__all__ = ["Verdict", "begin", "canvas", "check", "hint", "label", "say", "solution", "speak",
           "spoken"]
