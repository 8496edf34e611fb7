import pytest

from rag.text.clean import clean
from rag.text.tex import without_tex


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"Poincar\'e, K\"ahler and Erd\H{o}s", "Poincaré, Kähler and Erdős"),
        (r"Ho\v{r}ava's na\"{\i}ve \'Etude", "Hořava's naïve Étude"),
        (r"Fran\c cois, fa\c{c}ade, G\"odel, {\'A}lvarez", "François, façade, Gödel, Álvarez"),
        (r"S{\o}ren, \AA ngstr\"om, stra\ss e, \L{}ukasz", "Søren, Ångström, straße, Łukasz"),
        (r"\.Zak, Dvo\v{r}\'ak, Nu\~nez, M\=aori", "Żak, Dvořák, Nuñez, Māori"),
    ],
)
def test_accents_become_letters(tex: str, plain: str) -> None:
    assert clean(tex) == plain


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"an \emph{odd \textbf{bird}} by {\sc Otter} {\em now}", "an odd bird by Otter now"),
        (r"\textbf{W}ading \underline{\textit{B}}irds", "Wading Birds"),
        (r"as shown \cite{reed20}, and~\citep[p.~3]{fen21}.", "as shown, and."),
        (r"a loss (see \cite{a,b}) of 4\% \& more \#1 a\_b \$5", "a loss of 4% & more #1 a_b $5"),
        (r"code: \url{https://a.org/b--c~d\_e}", "code: https://a.org/b--c~d_e"),
        (r"code \href{https://a.org/x}{here}", "code here (https://a.org/x)"),
        (r"\href{https://a.org/x}{https://a.org/x}", "https://a.org/x"),
        (r"``quoted'' --- pages 3--5 of Fig.~2", "“quoted” — pages 3–5 of Fig. 2"),
        (r"we call \method{} \ours, \eg, nets", "we call method ours, e.g., nets"),
        (r"nets\footnote{Code: x.org.} work", "nets (Code: x.org.) work"),
        (r"\textcolor{red}{new} M\textsuperscript{3}Net", "new M³Net"),
        (r"20{\deg} and {\mu}-Net, 2.5\times faster", "20° and μ-Net, 2.5× faster"),
        (r"the bird\'s \"new\" nest", "the bird's “new” nest"),
        (r"\begin{itemize} \item one \end{itemize}", "• one"),
        (r"\textbf{never closed", "never closed"),
    ],
)
def test_commands_become_readable_text(tex: str, plain: str) -> None:
    assert clean(tex) == plain


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"$\tau^2$-Mock and $\pi_{0.7}$", "τ²-Mock and π0.7"),
        (r"LLaVA-$\alpha$, $10^{-3}$, $3\times 3$, $H_2O$", "LLaVA-α, 10⁻³, 3×3, H₂O"),
        (r"$\mathcal{O}(n\log n)$ in $\mathbb{R}^{d}$", "O(n log n) in ℝᵈ"),
        (r"\(\ell_1\) and $\frac{a+1}{b}$, $\sqrt{x+y}$", "ℓ₁ and (a+1)/b, √(x+y)"),
        (r"88.2$\pm$0.3 at 90$^\circ$, the 5$^{th}$", "88.2±0.3 at 90°, the 5th"),
        (r"$x\in X$, $\hat{y}$, $p_{\max}$, $A \not\in B$", "x ∈ X, ŷ, p_max, A ∉ B"),
        (r"$\text{all $n$}$ and $\textbf{M}^{3}$Net", "all n and M³Net"),
        (r"Net^{2} with 10^{19} parameters", "Net² with 10¹⁹ parameters"),
    ],
)
def test_inline_formulae_become_characters(tex: str, plain: str) -> None:
    assert clean(tex).replace(" × ", "×").replace("× ", "×") == plain


@pytest.mark.parametrize(
    "text",
    [
        "50% of the nets",
        r"in C:\new\table and \\server\share",
        "it cost $5 and $10",
        "US$5-US$10, or 5$ and 10$",
        "a_b, x^2 and foo_bar_baz",
        "~100 birds, 5~10 of 7B~30B, see ~/nets",
        "#1 of A & B",
        r"the pattern \d+\w{2} and \n\n",
        "set {a, b} with --help and i--",
        "less data -- more models",
        "$HOME/bin:$PATH",
        "`code` and ```blocks```",
        "5' 3'' tall",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "text",
    [r"$\begin{pmatrix}1&0\\0&1\end{pmatrix}$", r"$\underbrace{a+b}_{c}$", r"\[ a \\ b \]"],
)
def test_a_formula_without_a_plain_form_stays(text: str) -> None:
    assert clean(text) == text


def test_deep_groups_end() -> None:
    assert "bird" in without_tex(r"\emph{" * 5_000 + "bird" + "}" * 5_000)
    assert without_tex("$" + r"\hat" * 200 + "x$").startswith("$")
