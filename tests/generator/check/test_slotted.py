from generator.check.slotted import Slotted


def test_pieces_that_are_values_are_replaced():
    text = Slotted(["user ", "7", " of ", "12", ": ", "7", "."], ["7", "12"])
    assert text.fill(["7", "12"]) == "user 7 of 12: 7."
    assert text.fill(["80", "%s"]) == "user 80 of %s: 80."


def test_a_text_without_values_stays_the_same():
    assert Slotted(["a", "b"], ["c"]).fill(["d"]) == "ab"
