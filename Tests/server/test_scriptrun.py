"""AI.SCRIPTRUN: the older spelling of AI.SCRIPTEXECUTE."""

import pytest

from support import scripts
from support.clients import refusal
from support.texts import NO_SCRIPT, WRONG_TYPE, arity

LIST = "ERR Encountered a variable size list of tensors outside of input section"


@pytest.mark.parametrize(
    "words, text",
    [
        ("", arity("AI.SCRIPTRUN")),
        ("s", arity("AI.SCRIPTRUN")),
        ("none f nonsense", NO_SCRIPT),
        ("text f nonsense", WRONG_TYPE),
        ("s f TIMEOUT", "ERR Invalid value for TIMEOUT"),
        ("s f INPUTS a TIMEOUT", "ERR Invalid value for TIMEOUT"),
        ("s f TIMEOUT 5 TIMEOUT 5", "ERR Already encountered an TIMEOUT section in SCRIPTRUN"),
        ("s f OUTPUTS y INPUTS a", "ERR Already encountered an INPUTS section in SCRIPTRUN"),
        ("s f INPUTS a INPUTS b", "ERR Already encountered an INPUTS keyword in SCRIPTRUN"),
        ("s f OUTPUTS y OUTPUTS z", "ERR Already encountered an OUTPUTS keyword in SCRIPTRUN"),
        ("s f $ a", LIST),
        ("s f OUTPUTS y $ a", LIST),
        ("s f INPUTS $ a $ b", "ERR Already encountered a variable size list of tensors"),
        ("s f a", "ERR Unrecongnized parameter to SCRIPTRUN"),
    ])
def test_wrong_words_are_refused(client, words, text):
    scripts.restore(client, "s")
    client.set("text", "value")
    assert refusal(client, "AI.SCRIPTRUN", *words.split()) == text
