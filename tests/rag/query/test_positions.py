"""Phrases that choose papers of the list before, in five languages, and some that do not."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from rag.pipeline import PaperQA
from rag.query.followups import SHOWN_LIST, resolve
from rag.query.list_places import select
from rag.query.positions import find_choices, in_english
from rag.query.request import Past
from rag.records import Answer, Question, Turn
from tests.papers import TODAY, ListSource, many

LISTED = 8
ALL = tuple(range(1, LISTED + 1))

CHOICES: dict[str, tuple[int, ...]] = {
    # a number
    "number three": (3,), "number 5": (5,), "item 4": (4,), "paper six": (6,), "no 3": (3,),
    "no. 7": (7,), "nr 2": (2,), "nr. 6": (6,), "#8": (8,), "n° 5": (5,), "[4]": (4,),
    "entry two": (2,), "3": (3,), "(5)": (5,), "7?": (7,), "six": (6,), "4 please": (4,),
    "número 3": (3,), "número cuatro": (4,), "numéro deux": (2,), "Nummer fünf": (5,),
    "el 6": (6,), "le 4": (4,), "die 5 bitte": (5,), "drei": (3,), "第3篇": (3,), "第五篇": (5,),
    # an ordinal
    "the third": (3,), "the sixth one": (6,), "4th": (4,), "the 7th paper": (7,),
    "the eighth": (8,), "die dritte": (3,), "das fünfte Paper": (5,), "la quatrième": (4,),
    "le 5ème": (5,), "la tercera": (3,), "el séptimo": (7,), "第二个": (2,),
    # from the end, from the top
    "the last one": (8,), "the second to last": (7,), "second last": (7,),
    "the third from the end": (6,), "the third-last paper": (6,), "the penultimate one": (7,),
    "the bottom one": (8,), "the top one": (1,), "das letzte": (8,), "die vorletzte": (7,),
    "le dernier": (8,), "l'avant-dernière": (7,), "el penúltimo": (7,), "la última": (8,),
    "倒数第二篇": (7,), "最后一篇": (8,),
    # several
    "the last two": (7, 8), "the last 3": (6, 7, 8), "the top two": (1, 2), "the top 3": (1, 2, 3),
    "the first four": (1, 2, 3, 4), "the two last ones": (7, 8), "die ersten drei": (1, 2, 3),
    "les deux derniers": (7, 8), "los tres últimos": (6, 7, 8), "third and fifth": (3, 5),
    "numbers 2 and 7": (2, 7), "#1, #4 and #6": (1, 4, 6), "1, 3 & 8": (1, 3, 8),
    "2 und 5": (2, 5), "le premier et le troisième": (1, 3), "la segunda y la última": (2, 8),
    "第一篇和第四篇": (1, 4),
    # ranges, exclusions and corrections
    "#2–#4": (2, 3, 4), "2-4": (2, 3, 4), "numbers 5 to 7": (5, 6, 7), "3 bis 5": (3, 4, 5),
    "from the sixth to the last": (6, 7, 8), "numéros 3 à 4": (3, 4), "del 2 al 4": (2, 3, 4),
    "all but number 3": (1, 2, 4, 5, 6, 7, 8), "all except the first two": (3, 4, 5, 6, 7, 8),
    "everything but the last one": (1, 2, 3, 4, 5, 6, 7),
    "alle außer der ersten": (2, 3, 4, 5, 6, 7, 8), "tous sauf le 2": (1, 3, 4, 5, 6, 7, 8),
    "todos menos el último": (1, 2, 3, 4, 5, 6, 7),
    "not 3 but 4": (4,), "not the first, the second": (2,), "nicht 2, sondern 6": (6,),
    "no, number 5": (5,), "I meant the fourth": (4,),
    # with a question around them
    "tell me more about the second to last": (7,), "who wrote number three?": (3,),
    "compare the first and the last": (1, 8), "what is item 6 about?": (6,),
    "summarize the last two": (7, 8), "explain 4": (4,), "tell me more about 2 and 5": (2, 5),
    "is there code for the penultimate one?": (7,), "compare numbers 3 and 4": (3, 4),
    "number two in detail please": (2,), "who wrote number 5 of the list?": (5,),
    "wer hat die dritte geschrieben?": (3,), "worum geht es in Nummer vier?": (4,),
    "qui a écrit le numéro six ?": (6,), "de quoi parle l'avant-dernier ?": (7,),
    "¿quién escribió el penúltimo?": (7,), "¿de qué trata el número tres?": (3,),
    "第三篇是谁写的？": (3,),
    # beside another one
    "the one after number 3": (4,), "the paper before the last": (7,),
    "the one after the 2nd": (3,),
    "who wrote the one before number 5?": (4,), "el de antes del 4": (3,),
    # more of the same, which were written after the grammar
    "could you expand on the fourth paper": (4,), "give me the abstract of nr. 4": (4,),
    "the 2nd to last one please": (7,), "the first three papers": (1, 2, 3),
    "everything except 1 and 2": (3, 4, 5, 6, 7, 8), "the third, not the fourth": (3,),
    "how do the third and the sixth differ?": (3, 6), "which one is the second?": (2,),
    "is number seven better than number one?": (7, 1), "first one, code?": (1,),
    "die letzten beiden": (7, 8), "alle bis auf die letzte": (1, 2, 3, 4, 5, 6, 7),
    "vergleiche die zweite mit der fünften": (2, 5), "das dritte von hinten": (6,),
    "les trois premiers": (1, 2, 3), "le sixième en partant de la fin": (3,),
    "parle-moi du troisième": (3,), "compara el primero con el último": (1, 8),
    "del tercero al quinto": (3, 4, 5), "no el 2 sino el 3": (3,), "前三篇": (1, 2, 3),
    "最后两篇": (7, 8), "比较第一篇和第三篇": (1, 3), "除了第二篇": (1, 3, 4, 5, 6, 7, 8),
    # ranges without some
    "the first three except number 2": (1, 3), "1-4 except 3": (1, 2, 4),
    "die ersten drei ohne das zweite": (1, 3), "les quatre premiers sauf le deuxième": (1, 3, 4),
    "the first four but not the third": (1, 2, 4), "the last four without the last": (5, 6, 7),
    "#2 to #6, except #3 and #5": (2, 4, 6), "compare the first three but not the first": (2, 3),
    "3 bis 6 außer 4": (3, 5, 6), "die letzten vier, aber nicht die siebte": (5, 6, 8),
    "les trois derniers mais pas le septième": (6, 8), "del 2 al 5 menos el 3": (2, 4, 5),
    "los primeros cuatro excepto el segundo": (1, 3, 4),
    "los tres primeros pero no el segundo": (1, 3), "not the second but the fifth": (5,),
    # all on one side, and from the end
    "everything after the third": (4, 5, 6, 7, 8), "everything before number 3": (1, 2),
    "all after number 5": (6, 7, 8), "everything before the last": (1, 2, 3, 4, 5, 6, 7),
    "summarize all papers after the sixth": (7, 8), "alle nach der fünften": (6, 7, 8),
    "alles vor Nummer 4": (1, 2, 3), "tout après le sixième": (7, 8),
    "tous avant le troisième": (1, 2), "todo después del quinto": (6, 7, 8),
    "todos antes del número 3": (1, 2), "everything after the third except the fifth": (4, 6, 7, 8),
    "the last but one": (7,), "the last one but one": (7,), "the last paper but two": (6,),
    "who wrote the last but one?": (7,), "el cuatro": (4,), "le trois": (3,),
}  # fmt: skip

OTHERS = [
    "top 3 papers this week", "does GPT-3 beat humans?", "papers from 3 December",
    "3D reconstruction", "who won number 3 in the ImageNet challenge?", "papers with 5 authors",
    "the last two weeks", "the first paper on speculative decoding", "what happened last month?",
    "is 4 bit quantization enough?", "between 2 and 4 bits", "the second quarter of 2025",
    "how does Llama 3 compare with Qwen 2?", "first order optimisation", "one shot learning",
    "papers of the 3rd of December", "die letzten drei Tage", "les deux dernières semaines",
    "los últimos tres meses", "third party libraries", "top-2 routing in mixtures of experts",
    "a number of papers", "who is the first author of HeronNet?", "vision and language: which one?",
    "die dritte Dezemberwoche", "two papers on robots", "the number one cause of hallucination",
    "what is the last layer of a transformer for?", "papers from 2024", "does it take 3 or 4 GPUs?",
    "give me 3 papers on agents", "phase 2 trials", "in the last 5 years",
    "what did I miss since the 4th", "the top 5 institutions", "section 3 of the paper",
    "2 GPUs or 4 GPUs?", "5 more please", "next 5", "compare the two", "quoi de neuf",
    "#1 yesterday", "Platz 1 letzte Woche", "第三季度有多少论文？",
    "le premier modèle de diffusion vidéo",
    "10 instead of 5", "top 3", "die nächsten 5", "2+2",
    "5 papers about herons", "is attention all you need?", "the next token objective",
    "skip connections in residual networks", "one after another", "was this tried before?",
    "accuracy before and after pruning", "what came after transformers?", "papers before 2024",
    "papers after the 3rd of December",
    "500 GPU hours", "after the third epoch", "everything after the third epoch",
    "the first three epochs without warmup", "number 400 in the ranking of universities", "2024",
    "models with 400 layers", "forty papers on herons", "alles nach dem dritten Schritt",
    "les quarante couches", "todo antes de la segunda fase", "the last but one layer",
    "papers without 3D data", "5 minus 3", "dix moins deux", "500 papers", "el dos por ciento",
    "die vor zwei Wochen veröffentlichten", "everything after the 3rd of December", "HTTP 404",
]  # fmt: skip


class Shown(NamedTuple):
    """A list of papers that was shown, and who answers questions about it."""

    qa: PaperQA
    ids: tuple[str, ...]

    def ask(self, text: str, *before: Turn) -> Answer:
        return self.qa.ask(Question(text=text, history=(Turn("", self.ids), *before)))

    def chosen(self, text: str) -> tuple[int, ...]:
        """Return the numbers of the papers that a request is about."""
        papers = tuple(self.qa.library.catalog.get(self.ids).values())
        alone = self.qa.query.understand(text, TODAY, follows=True)
        pointed = resolve(alone, [Past(SHOWN_LIST, papers)]).pointed
        return tuple(self.ids.index(paper.paper_id) + 1 for paper in pointed)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    library = open_library(tmp_path_factory.mktemp("positions"), RagConfig())
    papers = [
        replace(paper, authors=(f"Author Nr{n:02d}",), author_count=1)
        for n, paper in enumerate(many(LISTED), start=1)
    ]
    ingest(ListSource(papers), library)
    ids = tuple(sorted(paper.paper_id for paper in library.catalog.papers()))
    return Shown(PaperQA(library, RagConfig(), today=lambda: TODAY), ids)


@pytest.mark.parametrize(("phrase", "numbers"), CHOICES.items())
def test_a_phrase_chooses_papers(shown: Shown, phrase: str, numbers: tuple[int, ...]) -> None:
    assert shown.chosen(phrase) == numbers


@pytest.mark.parametrize("phrase", OTHERS)
def test_numbers_of_something_else_choose_nothing(shown: Shown, phrase: str) -> None:
    assert shown.chosen(phrase) in ((), ALL)


@pytest.mark.parametrize("phrase", CHOICES)
def test_a_choice_in_plain_english_is_the_same_choice(phrase: str) -> None:
    numbered = dict(enumerate(many(LISTED), start=1))

    def chosen(text: str) -> object:
        return select(find_choices(text), many(LISTED), numbered, None)

    assert chosen(in_english(phrase)) == chosen(phrase)


@pytest.mark.parametrize(
    ("phrase", "numbers"),
    [
        ("everything after number 2", [3, 4, 5, 6, 7, 8]),
        ("everything before number 6", [1, 2, 3, 4, 5]),
        ("everything after the second", [7, 8]),
        ("everything before the last", [5, 6, 7]),
        ("the first three except number 6", [5, 7]),
    ],
)
def test_numbers_count_over_all_pages_and_ordinals_on_the_last(
    phrase: str, numbers: list[int]
) -> None:
    papers = many(LISTED)
    numbered = dict(enumerate(papers, start=1))
    chosen, missing = select(find_choices(phrase), papers[4:], numbered, None)
    assert [papers.index(paper) + 1 for paper in chosen] == numbers
    assert missing is None


@pytest.mark.parametrize(
    ("phrase", "missing"),
    [
        ("number 0", 0),
        ("number 9", 9),
        ("the tenth", 10),
        ("número 12", 12),
        ("#20 to #22", 20),
        ("-2", -2),
        ("number -1", -1),
        ("#-3", -3),
        ("die -4", -4),
        ("the one after number 8", 9),
        ("the one before the first", 0),
        ("everything after number 8", 9),
        ("everything before the first", 0),
        ("number 400", 400),
        ("500", 500),
        ("#1234", 1234),
        ("el cuarenta", 40),
        ("number one hundred", 100),
        ("Nummer dreißig", 30),
        ("numéro cinquante", 50),
    ],
)
def test_a_position_that_the_list_lacks_is_said_in_one_sentence(
    shown: Shown, phrase: str, missing: int
) -> None:
    answer = shown.ask(phrase)
    assert answer.text == f"The list has 8 papers: there is no number {missing}."
    assert not answer.citations


def test_the_next_paper_follows_the_one_that_was_talked_about(shown: Shown) -> None:
    def cited(text: str, *before: Turn) -> tuple[str, ...]:
        return tuple(citation.paper.paper_id for citation in shown.ask(text, *before).citations)

    fourth = Turn("number 4", (shown.ids[3],))
    assert cited("the next one") == (shown.ids[0],)
    assert cited("and the next one?", fourth) == (shown.ids[4],)
    assert cited("next", fourth) == (shown.ids[4],)
    assert cited("le précédent", fourth) == (shown.ids[2],)
    assert cited("die nächste bitte", fourth) == (shown.ids[4],)
    last = Turn("the last one", (shown.ids[7],))
    assert "there is no number 9" in shown.ask("the next one", last).text


@pytest.mark.parametrize(
    "walk",
    [
        [("number 2", 2), ("the one after that", 3), ("and the one after", 4), ("next", 5)],
        [("the sixth please", 6), ("no, the one before", 5), ("the one before that", 4)],
        [("#3", 3), ("next", 4), ("next", 5), ("previous", 4), ("skip it", 5), ("go back one", 4)],
        [("die zweite", 2), ("und die danach?", 3), ("überspring das", 4), ("die davor", 3)],
        [("le 4", 4), ("et celui d'après ?", 5), ("le suivant", 6), ("celle d'avant", 5)],
        [("el quinto", 5), ("el de después", 6), ("el de antes", 5), ("la siguiente", 6)],
        [("第二篇", 2), ("后面那篇", 3), ("下一篇", 4), ("前面那篇", 3)],
        [("who wrote number 6?", 6), ("what is the paper after it about?", 7), ("skip one", 8)],
        [(f"number {n}", n) if n < 2 else ("next", n) for n in ALL],
        [("number 4", 4), ("compare 1 and 2", 0), ("number 7", 7), ("previous one", 6)],
        [("compare 2 and 5", 0), ("the next one", 6), ("thanks!", 0), ("the next one", 7)],
        [("#2", 2), ("what is NoSuchNet, arXiv 2412.04321?", 0), ("and the next one?", 3)],
    ],
)  # fmt: skip
def test_a_walk_through_a_list_keeps_its_place(shown: Shown, walk: list[tuple[str, int]]) -> None:
    said: list[Turn] = []
    for text, number in walk:  # 0 is about no one paper
        answer = shown.ask(text, *said)
        cited = [shown.ids.index(citation.paper.paper_id) + 1 for citation in answer.citations]
        assert cited == [number] or not number, text
        said.append(Turn.of(answer))


@pytest.mark.parametrize(
    ("question", "numbers", "says"),
    [
        ("who wrote the second to last?", (7,), "Author Nr07"),
        ("the bibtex of 2 and 6, please", (2, 6), "BibTeX"),
        ("¿quién escribió el cuarto?", (4,), "Author Nr04"),
        ("compare the second and the last", (2, 8), ""),
    ],
)
def test_the_rest_of_the_question_is_kept(
    shown: Shown, question: str, numbers: tuple[int, ...], says: str
) -> None:
    answer = shown.ask(question)
    cited = {citation.paper.paper_id for citation in answer.citations}
    assert cited == {shown.ids[n - 1] for n in numbers}
    assert says in answer.text


@pytest.mark.parametrize(
    "phrase", ["3", "(3)", "2-4", "#5", "number 0", "die dritte", "¿quién escribió el penúltimo?"]
)
def test_a_position_without_a_list_is_asked_back_about(shown: Shown, phrase: str) -> None:
    answer = shown.qa.ask(phrase)
    assert answer.is_chat
    assert not answer.citations
    assert answer.text.count("?") + answer.text.count("¿") <= 2
    assert "LoRA" in answer.text  # as an example of what can be asked


def test_a_top_without_a_list_before_is_a_new_list(shown: Shown) -> None:
    assert shown.qa.ask("top 3").citations
