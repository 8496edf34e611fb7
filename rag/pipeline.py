"""PaperQA: a question in, a cited answer out."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from rag.answering.answers import Answers
from rag.answering.brief import MAX_BRIEFED, MIN_BRIEFED
from rag.answering.draft import Draft
from rag.answering.gate import Gate
from rag.answering.several import MAX_QUESTIONS, together
from rag.answering.small_talk import ask_back, in_english, unread_reply, without_in_english
from rag.config import RagConfig
from rag.digest.records import Digest
from rag.errors import QuestionError
from rag.library import Library
from rag.query.command_guide import CommandGuide
from rag.query.followups import (
    ALONE,
    WITH_SLOTS,
    asks_inside,
    has_papers,
    inside,
    is_short,
    refers_back,
    resolve,
)
from rag.query.numeric_days import DayHabit
from rag.query.request import Past, Request
from rag.query.translate import describe_reading
from rag.query.understand import QueryUnderstanding
from rag.records import Answer, Citation, Evidence, Paper, Question, Turn
from rag.retrieval.paper_encoder import encoding_for
from rag.text.language import ENGLISH, sentence_language
from rag.text.withdrawal import withdrawal_of

if TYPE_CHECKING:  # what needs a language model is imported with one
    from rag.answering.writer import Writer
    from rag.llm.language_model import LanguageModel
    from rag.query.model_reader import ModelReader
    from rag.query.model_translator import ModelTranslator

TRANSLATED = "The model read the question as “{}”"
WIDENED = "The paper of this conversation does not say it; others do."
# How likely others have to, if the whole paper does not or the question asks for its inside.
WIDENED_FROM = 0.9
# What somebody who asks waits for papers to be encoded, once of each paper. The last few may take
# longer.
MAX_ENCODING_SECONDS = 3.0
MAX_BRIEFS = 100  # of digests, kept in memory
LISTING = ("list", "advice", "summary", "trending", "count")  # kinds about many papers
MAX_EVIDENCE = 40  # sentences in an Answer: more than a prompt takes


class PaperQA:
    """Answers questions from the library."""

    def __init__(
        self,
        library: Library,
        config: RagConfig,
        *,
        today: Callable[[], date],
        model: "LanguageModel | None" = None,
        day_habit: DayHabit | None = None,
        guide: CommandGuide | None = None,
    ) -> None:
        """`today` returns the day for questions without one; `model` writes the answers.

        `day_habit` tells which number of "5/12/2025" is the day; `guide` knows the commands.
        """
        self.library = library
        self.config = config
        self.today = today
        self.guide = guide or CommandGuide()
        self._answers = Answers(library, config, self.guide)
        keywords = library.retriever.keywords
        self.gate = Gate(keywords)
        self.writer = self._make_writer(model) if model else None
        self.query = QueryUnderstanding(
            library.catalog,
            keywords,
            library.word_vectors,
            library.bundled_embedder.encode_question,
            model_reader=self._model_reader(),
            model_translator=self._model_translator(),
            day_habit=day_habit,
            guide=self.guide,
        )
        self._briefs: dict[tuple[tuple[str, str], ...], str] = {}

    def _make_writer(self, model: "LanguageModel") -> "Writer":
        from rag.answering.writer import Writer

        return Writer(
            model,
            self.config.model,
            papers=self.library.catalog.get,
            gate=self.gate,
            grounding=self.library.grounding,
        )

    def _model_reader(self) -> "ModelReader | None":
        """Return what has the model read unclear requests; None without a model."""
        config = self.config.model
        if not self.writer or not config.read_below:
            return None
        from rag.llm.form_filler import FormFiller
        from rag.query.model_reader import ModelReader

        filler = FormFiller(self.writer.model, self.writer.queue, seconds=config.read_seconds)
        return ModelReader(filler.fill, below=config.read_below)

    def _model_translator(self) -> "ModelTranslator | None":
        """Return what has the model translate questions; None without a model."""
        if not self.writer:
            return None
        from rag.llm.form_filler import FormFiller
        from rag.query.model_translator import ModelTranslator

        seconds = self.config.model.translate_seconds
        filler = FormFiller(self.writer.model, self.writer.queue, seconds=seconds)
        return ModelTranslator(filler.fill)

    @property
    def answers(self) -> Answers:
        """What answers each kind of request, from the index that answers now."""
        if self._answers.retriever is not self.library.retriever:
            self._answers = Answers(self.library, self.config, self.guide)
        return self._answers

    def answer(self, question: Question | str) -> Answer:
        """Return the answer that the model writes; without a model, the quoted one."""
        return self.written(self.ask(question))

    def written(self, quoted: Answer) -> Answer:
        """Return the finished answer, the last that `write` yields."""
        answer = quoted
        for later in self.write(quoted):
            answer = later
        return answer

    def write(
        self,
        quoted: Answer,
        *,
        cancel: threading.Event | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> Iterator[Answer]:
        """Yield the written answer as it grows; nothing if `can_write` is False.

        Refusals and most lists are computed and stay as they are. See Writer.write.
        """
        if self.writer and self.can_write(quoted):
            with self.library.turns.answering():
                for answer in self.writer.write(quoted, cancel=cancel, on_place=on_place):
                    yield _without_excuse(answer)

    def can_write(self, quoted: Answer) -> bool:
        """Return whether the model can write an answer from this quoted one.

        It answers one question at a time: the answers to several stay quotes.
        """
        has_sources = bool(quoted.evidence or quoted.brief_from) and quoted.questions == 1
        return self.writer is not None and not self.writer.problem and has_sources

    def brief(self, digest: Digest, *, cancel: threading.Event | None = None) -> Digest:
        """Return the digest with a brief that the model writes; as it is if there is none.

        A list's brief is written once, since many people read the same digest.
        """
        entries = digest.ranked[:MAX_BRIEFED]
        if not self.writer or self.writer.problem or len(entries) < MIN_BRIEFED:
            return digest
        key = tuple((entry.paper.paper_id, entry.tldr) for entry in entries)
        if key not in self._briefs:
            sentences = [Evidence(entry.paper, entry.tldr, 0, 1.0) for entry in entries]
            with self.library.turns.answering():
                *_, last = self.writer.brief(sentences, self.today(), cancel=cancel)
            if not last.text:
                return digest
            if len(self._briefs) >= MAX_BRIEFS:
                self._briefs.clear()
            self._briefs[key] = last.text
        return replace(digest, brief=self._briefs[key])

    def ask(self, question: Question | str) -> Answer:
        """Answer with quotes; a string is a question without history.

        The questions of a message are answered one after the other. Raises QuestionError if there
        is nothing to search for, or if the chosen paper is gone.
        """
        if isinstance(question, str):
            question = Question(text=question)
        with self.library.turns.answering(), encoding_for(MAX_ENCODING_SECONDS):
            return self._ask_each(question)

    def _ask_each(self, question: Question) -> Answer:
        """Answer the questions of a message one after the other."""
        today = question.today or self.today()
        parts = self.query.questions(question.text, today)
        if len(parts) == 1:
            return self._ask(question, today)
        off_topic = [part.text for part in parts if part.is_off_topic]
        parts = [part for part in parts if not part.is_off_topic]
        answers: list[Answer] = []
        for part in parts[:MAX_QUESTIONS]:
            before = () if part.is_complete else (*question.history, *map(Turn.of, answers))
            answers.append(self._ask(replace(question, text=part.text, history=before), today))
        unanswered = [part.text for part in parts[MAX_QUESTIONS:]]
        return together(question, answers, unanswered=unanswered, off_topic=off_topic)

    def _ask(self, question: Question, today: date) -> Answer:
        """Answer one question with quotes. Raises QuestionError."""
        started = time.perf_counter()
        follows = bool(question.history or question.keep_to or question.paper)
        alone = self.query.understand(question.text, today, follows=follows)
        understood = time.perf_counter()
        # What is searched for; people see the question as they asked it.
        asked = replace(question, text=alone.translation or alone.asked)
        request, draft, note = self._draft_or_say_why(asked, alone, today)
        history = question.history
        read_as = "a question" if alone.is_unread else request.read_as
        if alone.foreign:
            read_as = f"{read_as}, {describe_reading(alone.foreign, alone.translation)}"
        note = " ".join(filter(None, (alone.day_reading, alone.kept_in, note)))
        if alone.translation:
            note = f"{TRANSLATED.format(alone.translation)} {note}".strip()
        note = f"{note} {_withdrawals(draft.citations)}".strip()
        if alone.answer_in not in ("", ENGLISH) and not (draft.is_chat or request.kind in ALONE):
            note = f"{note} {in_english(alone.language)}".strip()
        return Answer(
            question=question,
            today=today,
            standalone=asked.text if request is alone else request.standalone(asked.text),
            translation=alone.translation,
            understood=request.understood(),
            read_as=read_as,
            is_chat=request.kind in ALONE or draft.is_chat,
            answer_in=alone.answer_in,
            text=draft.text,
            citations=draft.citations,
            hits=tuple(draft.hits),
            evidence=tuple(draft.evidence[:MAX_EVIDENCE]),
            refused=draft.refused,
            support=draft.support,
            mode="extractive",
            coverage=self.library.catalog.coverage(),
            seconds=time.perf_counter() - started,
            note=note,
            exchanges=history[-1].exchanges if history else (),
            more=draft.more,
            brief_from=tuple(draft.brief_from),
            silent_paper=draft.silent_paper,
            understand_seconds=understood - started,
        )

    def _draft_or_say_why(
        self, question: Question, alone: Request, today: date
    ) -> tuple[Request, Draft, str]:
        """Return what `_draft` does; of an unread question, an answer only if it names its paper.

        That is a sentence with words of the question, else what the paper is. A note, or the whole
        answer, says which languages are read.
        """
        if alone.impossible_day:
            return alone, Draft(alone.impossible_day, (), refused=True, is_chat=True), ""
        if not alone.is_unread:
            return self._draft(question, alone, today)
        unread = unread_reply(alone.foreign, has_model=self.writer is not None)
        if not alone.named:
            return alone, unread, ""
        request, draft, _ = self._draft(question, alone, today)
        if draft.refused:
            request = replace(alone, topic="")
            draft = self.answers.draft(request, question, today)
        return (alone, unread, "") if draft.refused else (request, draft, unread.text)

    def _draft(self, question: Question, alone: Request, today: date) -> tuple[Request, Draft, str]:
        """Return the standalone request, its answer, and a note for the person or ""."""
        if question.paper:
            paper = self._paper(question.paper)
            if asks_inside(alone) and not _names_others(alone, paper):
                request = inside(alone, paper)
                return request, self.answers.draft(request, question, today), ""
            request = resolve(alone, [Past(Request(topic=paper.title), (paper,))])
            kind, topic = request.kind, request.topic
            # "Does it work?" is about the paper, not the bot; "which datasets?" no list of papers.
            if kind in (*ALONE, *WITH_SLOTS):
                kind = "paper" if kind in ("summary", "trending") else "content"
                topic = request.text or topic
            request = replace(request, kind=kind, topic=topic, pointed=(paper,))
            return request, self.answers.draft(request, question, today), ""
        past = self._past(question, today)
        if not (alone.has_topic or question.keep_to or has_papers(past)):
            return alone, ask_back(alone.language), ""
        kept = self._paper(question.keep_to) if question.keep_to else self._last(past, alone)
        if kept:
            return self._draft_within(kept, alone, past, question, today)
        request = resolve(alone, past)
        if request.no_such_number:
            return request, Draft(request.no_such_number, (), refused=True), ""
        if question.offset:
            request = replace(request, offset=question.offset)
        return request, self.answers.draft(request, question, today), ""

    def _paper(self, paper_id: str) -> Paper:
        """Return the paper; raise QuestionError if its id changed since it was chosen."""
        paper = self.library.catalog.get([paper_id]).get(paper_id)
        if paper is None:
            raise QuestionError("this paper is known by another id now: choose it again.")
        return paper

    def _last(self, past: Sequence[Past], alone: Request) -> Paper | None:
        """Return the one paper that the last answer was about, if it was read whole.

        Also one that was not, if the question is as short as "which gpus?".
        """
        papers = past[-1].papers if past else ()
        if len(papers) != 1:
            return None
        was_read = self.library.full_texts.has(papers[0].paper_id)
        return papers[0] if was_read or (asks_inside(alone) and is_short(alone)) else None

    def _past(self, question: Question, today: date) -> Sequence[Past]:
        def papers_for(request: Request) -> list[Paper]:
            draft = self.answers.draft(request, question, today)
            return [citation.paper for citation in draft.citations]

        return self.query.past(question.history, today, papers_for=papers_for)

    def _draft_within(
        self, paper: Paper, alone: Request, past: Sequence[Past], question: Question, today: date
    ) -> tuple[Request, Draft, str]:
        """Answer from this paper; if it does not say, from the others, with a note.

        The paper counts as mentioned before anything else, so that "it" means this one. A question
        that names other papers, lists or counts goes to all papers at once.
        """

        def answer(request: Request) -> Draft:
            return self.answers.draft(request, question, today)

        is_inside = asks_inside(alone) and not _names_others(alone, paper)
        if is_inside:
            standalone = inside(alone, paper)
        else:
            standalone = resolve(alone, [Past(Request(topic=paper.title), (paper,)), *past])
        if standalone.kind == "summary" and not standalone.is_filter:  # "summarize"
            standalone = replace(standalone, kind="paper", pointed=(paper,))
        if (
            _names_others(standalone, paper)
            or standalone.several
            or standalone.is_filter
            or standalone.order
            or standalone.count
            or (standalone.kind in LISTING and not standalone.pointed)
        ):
            return standalone, answer(standalone), ""
        within = replace(standalone, pointed=(paper,))
        draft = answer(within)
        if not draft.refused or refers_back(alone.topic) or (is_inside and is_short(alone)):
            return within, draft, ""
        wide = answer(alone)
        is_careful = is_inside or self.library.full_texts.has(paper.paper_id)
        is_doubtful = is_careful and wide.support is not None and wide.support < WIDENED_FROM
        return (within, draft, "") if wide.refused or is_doubtful else (alone, wide, WIDENED)


def _names_others(request: Request, paper: Paper) -> bool:
    """Return whether a request is about papers other than this one, too."""
    return any(other != paper for other in (*request.named, *request.pointed))


def _withdrawals(citations: Sequence[Citation]) -> str:
    """Return what the cited papers that were withdrawn say of it, for a note."""
    said = ((citation.n, withdrawal_of(citation.paper)) for citation in citations)
    return " ".join(f"[{n}] was withdrawn: “{reason}”" for n, reason in said if reason)


def _without_excuse(answer: Answer) -> Answer:
    """Return the answer without the note that it is in English, if it is not."""
    if answer.answer_in in ("", ENGLISH) or answer.mode != "generated" or answer.brief_from:
        return answer
    is_english = sentence_language(answer.text) == ENGLISH
    return answer if is_english else replace(answer, note=without_in_english(answer.note))
