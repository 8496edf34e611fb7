"""Whether a question is about a file that is attached: "what does this picture show?"."""

import re

from rag.text.words import STOPWORDS

# English, German, French, Spanish. One word or more: "the attached pdf".
_NOUNS = (
    "pictures? images? photos? photographs? pics? screenshots? figures? plots? charts? diagrams? "
    "graphs? drawings? sketch slides? pdfs? files? documents? attachments? videos? clips? gifs? "
    "recordings? audio "
    "bild(?:er|es)? fotos? abbildung(?:en)? datei(?:en)? anhang dokumente? bildschirmfoto grafik "
    "diagramm "
    "capture fichiers? pièces? photo document graphique schéma "
    "imagen(?:es)? captura archivos? fichero adjunto gráfic[oa]s? vídeos? documentos?"
).replace(" ", "|")
_POINTING = (
    "this that these those my attached uploaded following "
    "dies(?:es|e|er|en|em)? mein(?:e|en|em)? angehängte[ns]? beigefügte[ns]? "
    "cette ce ces cet mon ma est[ea]s? ese mi"
).replace(" ", "|")
_POINTED = re.compile(rf"\b(?:{_POINTING})\s+(?:\w+\s+)?(?:{_NOUNS})\b", re.IGNORECASE)
_ARTICLES = (
    "das dem des der die den im am zum le la les du au el los las al del en l[’']"
).replace(" ", "|")
_WITH_ARTICLE = re.compile(
    rf"(?<![^\W_])(?:{_ARTICLES})(?:\s+|(?<=[’']))(?:{_NOUNS})\b", re.IGNORECASE
)
# "The image" may begin the name of something else: "the image generation papers".
_ENGLISH = re.compile(rf"\bthe\s+(?:{_NOUNS})\b(?P<next>\s+[^\W\d_]+)?", re.IGNORECASE)
_CHINESE = re.compile(
    "(?:这|這|那|此)(?:张|張|个|個|份|幅|段)?(?:图|圖|照片|截图|文件|视频)|附件|图中|圖中"
)


def asks_about_file(question: str) -> bool:
    """Return whether a question names an attached file, as a picture or as a document."""
    if any(way.search(question) for way in (_POINTED, _WITH_ARTICLE, _CHINESE)):
        return True
    following = (match["next"] for match in _ENGLISH.finditer(question))
    return any(word is None or word.strip().casefold() in STOPWORDS for word in following)
