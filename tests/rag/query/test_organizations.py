"""Organisations named in requests."""

import time
from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.query.organization_names import in_latin_letters
from rag.query.organizations import OrganizationIndex, Organizations
from tests.papers import HERON, ListSource

NAMES = """
AI at Meta
MetaGPT
Alibaba-NLP
TongyiLab
DAMO Academy
Qwen
ali-vilab
AIDC-AI
Google
GoogleDeepMind
ByteDance Seed
Tencent Hunyuan
ARC Lab, Tencent PCG
NVIDIA
Apple
Amazon
shanghai ailab
OpenGVLab
Nanyang Technological University
MMLab@NTU
Hong Kong University of Science and Technology
HKUSTGZ
The University of Hong Kong
The Chinese University of Hong Kong
Nanjing University
FudanCVL
ZJUNLP
MIT HAN Lab
Massachusetts Institute of Technology
Nanjing University of Science and Technology
New York University
York University
University of Bern
Computer Vision Group @ University of Bern
University of Illinois at Urbana-Champaign
UIUC ScaleML Lab
Crumb Lab
Xiaomi MiMo
HUAWEI Noah's Ark Lab
Stanford NLP
Mistral AI_
Kolors Team, Kuaishou Technology
""".strip().splitlines()


@pytest.fixture(scope="module")
def index() -> OrganizationIndex:
    return OrganizationIndex(NAMES)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Alibaba", {"Alibaba-NLP", "TongyiLab", "DAMO Academy", "Qwen", "ali-vilab", "AIDC-AI"}),
        ("Qwen", {"Qwen"}),
        ("meta", {"AI at Meta"}),
        ("Facebook", {"AI at Meta"}),
        ("google", {"Google", "GoogleDeepMind"}),
        ("deep mind", {"GoogleDeepMind"}),
        ("ByteDance", {"ByteDance Seed"}),
        ("tencent", {"Tencent Hunyuan", "ARC Lab, Tencent PCG"}),
        ("Shanghai AI Lab", {"shanghai ailab", "OpenGVLab"}),
        ("NTU", {"Nanyang Technological University", "MMLab@NTU"}),
        ("HKUST", {"Hong Kong University of Science and Technology", "HKUSTGZ"}),
        ("HKU", {"The University of Hong Kong"}),
        ("nanjing university", {"Nanjing University"}),
        ("Fudan", {"FudanCVL"}),
        ("Zhejiang University", {"ZJUNLP"}),
        ("MIT", {"MIT HAN Lab", "Massachusetts Institute of Technology"}),
        ("York University", {"York University"}),
        ("Bern", {"University of Bern", "Computer Vision Group @ University of Bern"}),
        ("UIUC", {"University of Illinois at Urbana-Champaign", "UIUC ScaleML Lab"}),
        ("crumb-lab", {"Crumb Lab"}),
        ("Xiaomi or Huawei", {"Xiaomi MiMo", "HUAWEI Noah's Ark Lab"}),
        ("Mistral", {"Mistral AI_"}),
        ("Kuaishou", {"Kolors Team, Kuaishou Technology"}),
        ("Waymo", set()),
    ],
)
def test_a_name_means_all_names_of_the_organisation(
    index: OrganizationIndex, typed: str, names: set[str]
) -> None:
    found = index.find(f"papers from {typed} about birds")
    assert found is not None
    assert found.label == typed
    assert set(found.names) == names


@pytest.mark.parametrize(
    ("request_text", "label"),
    [
        ("anything new out of google this week?", "google"),
        ("Apple papers", "Apple"),
        ("papers on Gemma by Google", "Google"),
        ("what's Nvidia been up to lately", "Nvidia"),
        ("what did crumb lab publish?", "crumb lab"),
        ("has apple put out anything on phones", "apple"),
        ("did amazon or meta release more papers", "amazon or meta"),
        ("summarise what Apple and Google published", "Apple and Google"),
        ("Tencent's latest papers on video", "Tencent"),
        ("stuff by the people at MIT", "MIT"),
        ("newest from the qwen team, please", "qwen"),
        ("and Apple?", "Apple"),
        ("NVIDIA", "NVIDIA"),
        ("count: Stanford, causal discovery, code", "Stanford"),
        ("most popular Stanford papers about tutors", "Stanford"),
    ],
)
def test_a_name_is_found_where_it_stands_for_its_papers(
    index: OrganizationIndex, request_text: str, label: str
) -> None:
    found = index.find(request_text)
    assert found is not None
    assert found.label == label


@pytest.mark.parametrize(
    "request_text",
    [
        "apple detection in orchards",
        "papers on meta-learning",
        "what is meta learning?",
        "the Amazon reviews dataset",
        "does it beat the Stanford parser?",
        "papers about MetaGPT and metadata",
        "images from Apple Watch sensors",
        "how does Qwen compare with Mistral?",
        "what is the Qwen paper about?",
        "is Google search used as a tool?",
        "did Google use a reward model?",
        "agents that browse Amazon",
        "show me papers about the york dataset",
        "see https://huggingface.co/papers/2501.00001",
        "code at github.com/google/heron",
    ],
)
def test_a_name_that_stands_for_something_else_is_no_organisation(
    index: OrganizationIndex, request_text: str
) -> None:
    assert index.find(request_text) is None


def test_the_matched_text_has_its_preposition(index: OrganizationIndex) -> None:
    text = "papers from the Qwen team about video"
    found = index.find(text)
    assert found is not None
    assert text[found.start : found.end] == "from the Qwen team"


def test_a_common_word_does_not_stand_for_a_company() -> None:
    index = OrganizationIndex(["Scale AI", "Sakana AI", "Themis"], {"scale"}.__contains__)
    assert index.find("papers from sakana") is not None
    assert index.find("papers from scale ai") is not None
    assert index.find("news from scale") is None
    assert index.find("which from them is the newest?") is None


def test_chinese_names_are_known() -> None:
    assert in_latin_letters("阿里巴巴的论文").split() == ["Alibaba", "的论文"]
    found = OrganizationIndex(NAMES).find("Alibaba this month 发 which papers", language="zh")
    assert found is not None
    assert found.label == "Alibaba"


def test_new_organisations_are_found_as_soon_as_they_are_stored(filled: Library) -> None:
    found = Organizations(filled.catalog, filled.word_vectors)
    assert found.find("papers by Dune Institute") is None
    dune = replace(HERON, arxiv_id="2501.00009", title="Dunes", organization="Dune Institute")
    ingest(ListSource([dune]), filled)
    mention = found.find("papers by Dune Institute")
    assert mention is not None
    assert mention.names == ("Dune Institute",)


def test_a_long_text_is_read_quickly(index: OrganizationIndex) -> None:
    text = "papers that compare detectors of apples on drones, " * 40
    started = time.perf_counter()
    index.find(text)
    assert time.perf_counter() - started < 0.1
