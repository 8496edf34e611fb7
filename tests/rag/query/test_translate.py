import time
from datetime import date

import pytest

from rag.query.parser import parse
from rag.query.translate import Translation, translate
from rag.text.language import question_language
from rag.text.words import terms

TODAY = date(2025, 12, 8)


@pytest.mark.parametrize(
    ("question", "english"),
    [
        ("Welche Arbeiten gibt es zu Halluzinationen?",
         "which papers are there about hallucination?"),
        ("wie viele Paper gab es letzte Woche?", "how many papers were there last week?"),
        ("wer hat HeronNet geschrieben?", "who wrote HeronNet?"),
        ("wann wurde Tidal Attention veröffentlicht?", "when was Tidal Attention published?"),
        ("Vergleiche LaV-CoT mit Real-LOD", "compare LaV-CoT with Real-LOD"),
        ("und das zweite?", "and the second one?"),
        ("und gestern?", "and yesterday?"),
        ("und HeronNet?", "and HeronNet?"),
        ("gibt es Artikel ueber Roentgenbilder?", "are there any papers about X-ray?"),
        ("gibt es Artikel uber Rontgenbilder?", "are there any papers about X-ray?"),
        ("Welche Arbeiten seit März 2024 behandeln Bewegungserkennung?",
         "which papers since March 2024 about motion detection?"),
        ("Arbeiten vom 3. Dezember 2024 über Robotik", "papers of 3 December 2024 about robotics"),
        ("WELCHE ARBEITEN SIND VON HEUTE?", "which papers are today?"),
        ("c'est quoi MLE-Bench ?", "what is MLE-Bench?"),
        ("qu’est-ce que HeronNet ?", "what is HeronNet?"),
        ("et il leur a fallu combien d'images ?", "and they needed how many images?"),
        ("quels articles parlent de géométrie ?", "which papers about geometry?"),
        ("quels articles parlent de geometrie", "which papers about geometry"),
        ("combien d'articles cette semaine ?", "how many papers this week?"),
        ("qui a écrit LaV-CoT ?", "who wrote LaV-CoT?"),
        ("compare LaV-CoT avec Real-LOD", "compare LaV-CoT with Real-LOD"),
        ("comment marche la distillation ?", "how works the distillation?"),
        ("et le deuxième ?", "and the second one?"),
        ("et le deuxieme", "and the second one"),
        ("et le mois dernier ?", "and last month?"),
        ("les articles des trois dernières semaines", "papers last three weeks"),
        ("quand LaV-CoT a-t-il été publié ?", "when was LaV-CoT published?"),
        ("¿qué artículos hablan de geometría?", "which papers about geometry?"),
        ("que articulos hablan de alucinaciones", "which papers about hallucination"),
        ("¿quién escribió HeronNet?", "who wrote HeronNet?"),
        ("¿y el segundo?", "and the second one?"),
        ("compara HeronNet con Tidal Attention", "compare HeronNet with Tidal Attention"),
        ("el artículo más reciente sobre aprendizaje por refuerzo",
         "the newest paper about reinforcement learning"),
        ("artículos de ayer sobre recetas", "papers yesterday about recipe"),
        ("今天有什么论文", "today which papers are there"),
        ("今天有什麼論文？", "today which papers are there?"),
        ("上周有多少篇论文？", "last week how many papers?"),
        ("比较 LaV-CoT 和 Real-LOD", "compare LaV-CoT and Real-LOD"),
        ("LaV-CoT的作者是谁？", "who are the authors of LaV-CoT?"),
        ("2024年5月的论文", "in May 2024 papers"),
        ("X光数据集有哪些？", "X-ray dataset which?"),
        ("第二个呢？", "and the second one?"),
        ("那昨天呢？", "and yesterday?"),
        ("有没有关于扩散模型的论文", "are there any papers about diffusion model"),
        ("哪些論文討論了影片生成？", "which papers about video generation?"),
        ("¿qué está de moda esta semana?", "what is trending this week?"),
        ("¿de qué va HeronNet?", "what is HeronNet about?"),
        ("¿qué artículos de Song Han hay?", "which papers of Song Han are there?"),
        ("qué me perdí desde el lunes", "what did i miss since Monday"),
        ("¿por dónde empiezo con los agentes?", "where do i start with agents?"),
        ("有没有跟LaV-CoT类似的论文", "are there any similar to LaV-CoT papers"),
        ("周二以来我错过了什么", "since Tuesday what did i miss"),
        ("给我推荐几篇论文", "recommend some papers"),
        ("你是谁？", "who are you?"),
        ("還有嗎？", "are there more?"),
    ],
)  # fmt: skip
def test_questions_in_other_languages(question: str, english: str) -> None:
    assert translate(question).text == english


@pytest.mark.parametrize(
    ("request_text", "language", "english"),
    [
        ("moin", "de", "hello"),
        ("besten dank!", "de", "thanks!"),
        ("worum geht's in HeronNet eigentlich?", "de", "what is HeronNet about?"),
        ("wann kam HeronNet raus", "de", "when did HeronNet come out"),
        ("fass mir die letzte woche zusammen", "de", "summarize last week"),
        ("stell HeronNet und LaV-CoT gegenüber", "de", "compare HeronNet and LaV-CoT"),
        ("was hab ich seit dienstag verpasst", "de", "what did I miss since Tuesday"),
        ("was ist gerade angesagt?", "de", "what is right now trending?"),
        ("mehr davon bitte", "de", "more of that please"),
        ("womit fang ich bei GRPO an", "de", "where do I start in GRPO"),
        ("wer bist du", "de", "who are you"),
        ("ein rezept für pizza", "de", "a recipe for pizza"),
        ("coucou", "fr", "hello"),
        ("merci beaucoup !", "fr", "thanks!"),
        ("de quoi parle HeronNet ?", "fr", "what is HeronNet about?"),
        ("c koi HeronNet", "fr", "what is HeronNet"),
        ("j'ai raté quoi depuis lundi ?", "fr", "what did I miss since Monday?"),
        ("qu'est-ce qui fait le buzz ?", "fr", "what is trending?"),
        ("le deuxieme stp", "fr", "the second one please"),
        ("HeronNet ou LaV-CoT", "fr", "HeronNet or LaV-CoT"),
        ("où est le code", "fr", "where is the code"),
        ("tu lis les pdf ?", "fr", "do you read pdf?"),
        ("raconte une blague", "fr", "tell me a joke"),
    ],
)  # fmt: skip
def test_requests_in_a_language_that_the_caller_knows(
    request_text: str, language: str, english: str
) -> None:
    assert translate(request_text, language=language) == Translation(english, language)


@pytest.mark.parametrize(
    "question",
    [
        "which papers are about geometry?",
        "who wrote LaV-CoT?",
        "was HeronNet published in May?",
        "was it any good",
        "does the model die on long inputs?",
        "no papers on me?",
        "is son preference bias measured?",
        "what does 'und' mean?",
        'how do models translate "wie geht es dir"?',
        "how do models translate wie geht es dir into english",
        "Sturm und Drang dataset",
        "WER on LibriSpeech",
        "wer on noisy speech",
        "papers by Maria de la Cruz and Jan van der Berg",
        "papers from Universidad de la Republica",
        "Von Neumann entropy",
        "et al. in the author list",
        "Los Angeles traffic, El Nino and La Liga video",
        "MIT license or Apache for the code?",
        "compare CLIP, BLIP",
        "most comments",
        "the Schrödinger bridge of Poincaré",
        "what does 注意力 mean?",
        "Le Chat or Claude on French, which is better?",
        "aux loss for MoE",
        "par with GPT-4o",
        "ViDiC: Video Difference Captioning",
        "2501.00001",
        "Y combinator",
        "  two  spaces and a DES cipher ",
        "トークンの注意とは何ですか",
        "",
    ],
)
def test_an_english_question_stays_unchanged(question: str) -> None:
    assert translate(question) == Translation(question, "en")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Was ist das beste Sprachmodell?", "de"),
        ("quel modele est le meilleur", "fr"),
        ("cual es el mejor modelo", "es"),
        ("哪个模型最好", "zh"),
        ("which one is best", "en"),
    ],
)
def test_the_language_is_recognised(question: str, language: str) -> None:
    assert question_language(question) == language


@pytest.mark.parametrize(
    "question",
    ["今天有什么论文", "quels sont les articles d'aujourd'hui ?", "welche Arbeiten gibt es heute?",
     "¿qué artículos hay hoy?"],
)  # fmt: skip
def test_today_is_understood(question: str) -> None:
    asked = parse(translate(question).text, TODAY)
    assert asked.window is not None
    assert asked.window.since == asked.window.until == TODAY
    assert asked.several


@pytest.mark.parametrize(
    "question",
    ["quels articles parlent de géométrie ?", "welche Arbeiten handeln von Geometrie?",
     "que articulos hablan de geometria", "哪些论文讨论了几何？"],
)  # fmt: skip
def test_a_list_on_a_topic_is_understood(question: str) -> None:
    asked = parse(translate(question).text, TODAY)
    assert asked.several
    assert set(terms(asked.topic)) - {"paper"} == {"geometri"}


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("combien d'articles depuis mars 2024 ?", date(2024, 3, 1), None),
        ("articles publiés au premier semestre 2024 sur les agents avec des outils",
         date(2024, 1, 1), date(2024, 6, 30)),
        ("cuantos articulos se publicaron en mayo de 2024?", date(2024, 5, 1), date(2024, 5, 31)),
        ("welche Arbeiten erschienen von März bis Juni 2024?",
         date(2024, 3, 1), date(2024, 6, 30)),
        ("2024年3月以来有多少篇论文", date(2024, 3, 1), None),
        ("2024年上半年有多少论文", date(2024, 1, 1), date(2024, 6, 30)),
    ],
)  # fmt: skip
def test_periods_are_understood(question: str, since: date, until: date | None) -> None:
    window = parse(translate(question).text, TODAY).window
    assert window is not None
    assert (window.since, window.until) == (since, until)


def test_unknown_words_and_names_stay_unchanged() -> None:
    text = translate("welches Modell schlägt Vision-R1 und MiniGPT-4 beim Zwetschgenzählen?").text
    assert "Vision-R1" in text
    assert "MiniGPT-4" in text
    assert "Zwetschgenzählen" in text
    assert "2501.00001" in translate("qui a écrit 2501.00001 et de quoi parle-t-il ?").text


def test_a_translation_takes_less_than_5_ms_of_processor_time() -> None:
    questions = ["welche Arbeiten gibt es zu Halluzinationen seit März 2024?",
                 "quels articles parlent de géométrie ?", "今天有什么论文",
                 "how many birds?"]  # fmt: skip
    for question in questions:
        translate(question)
    start = time.thread_time()
    for _ in range(20):
        for question in questions:
            translate(question)
    assert (time.thread_time() - start) / 80 < 0.005  # seconds
