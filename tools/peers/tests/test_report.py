"""`cd tools && python3 -m unittest discover -s peers/tests -t .`"""
import unittest

from ..contenders import OURS, Problem, Turn
from ..measure import Outcome
from ..report import Result, table

PROBLEM = Problem("mobilenetv2_100", 224, "float32", 1)


def result(**times: list[float]) -> Result:
    return Result(
        PROBLEM,
        {name: Outcome(turns=[Turn(time, time) for time in of]) for name, of in times.items()}, 20)


class ReportTests(unittest.TestCase):
    def test_ratio_pairs_the_turns_of_a_round(self) -> None:
        found = result(mnv4=[1, 2, 4], openvino=[3, 3, 3], litert=[1.2, 5, 4.4])
        self.assertEqual(found.closest_peer(), ("litert", 1.2))
        self.assertEqual(found.fastest_peer("median_ms"), ("openvino", 3))
        facts = found.json()
        self.assertEqual(facts["closest_peer"], "litert")
        self.assertEqual(facts["ratio_of_rounds"], 1.2)
        self.assertEqual(facts["ratio_of_medians"], 1.5)
        self.assertEqual(table([found], list(found.outcomes))[1].split()[-2:], ["1.20", "1.20"])

    def test_who_failed_does_not_count(self) -> None:
        found = result(mnv4=[1, 1], openvino=[3, 3], litert=[2])
        found.outcomes["litert"].failure = "gone"
        self.assertEqual(found.closest_peer(), ("openvino", 3))
        found.outcomes["openvino"].failure = "gone, too"
        self.assertIsNone(found.closest_peer())
        found = result(mnv4=[1], openvino=[3])
        found.outcomes[OURS].failure = "gone"
        self.assertIsNone(found.closest_peer())
        self.assertIsNone(found.json()["ratio_of_rounds"])


if __name__ == "__main__":
    unittest.main()
