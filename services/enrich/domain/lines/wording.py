"""What a program knows of each language that lines are written in: small words, greetings, and lines that claim nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.enrich.domain.texts import word_set


@dataclass(frozen=True, slots=True)
class Wording:
    """`common` words stand in nearly every sentence; `polite` pronouns have a capital; `months` are in the order of the year.
    Of the plain lines, `about` names the company and `asks` is the shortest. `inflects`: so many letters endings may have."""

    common: frozenset[str]
    about: str
    plain: str
    asks: str
    months: tuple[str, ...]
    polite: frozenset[str] = frozenset()
    inflects: int = 0


def _wording(common: str, *lines: str, months: str, polite: str = "", inflects: int = 0) -> Wording:
    about, plain, asks = lines
    return Wording(word_set(common), about, plain, asks, tuple(months.split()), word_set(polite), inflects)


WORDINGS: Final[Mapping[str, Wording]] = {
    "en": _wording(
        "the a an and or of to in on at for with from that this you your we our is are was have has had be been would"
        " could what how who which when not it its as by about there they i within during since",
        "I came across {company} and would like to hear what you are working on.",
        "I would like to hear what you are working on.",
        "may I ask you a question?",
        months="january february march april may june july august september october november december",
    ),
    "de": _wording(
        "der die das und oder zu den dem des ein eine einen einem einer mit von auf für ist sind war hat haben sie ihr"
        " ihre ihren ihnen ich wir nicht auch bei dass was wie wer es im am zum zur über als noch nach bisher",
        "ich bin auf {company} aufmerksam geworden und wüsste gern, woran Sie gerade arbeiten.",
        "ich wüsste gern, woran Sie gerade arbeiten.",
        "darf ich Sie etwas fragen?",
        months="januar februar märz april mai juni juli august september oktober november dezember",
        polite="sie ihr ihre ihrem ihren ihrer ihres ihnen du dein deine euer eure",
        inflects=2,
    ),
    "fr": _wording(
        "le la les un une des du de et ou à au aux en dans pour par avec sur que qui est sont était avez a vous votre vos"
        " nous notre je j l d qu ne pas ce cette comment quelle ceci il elle se",
        "j'ai découvert {company} et j'aimerais savoir sur quoi vous travaillez.",
        "j'aimerais savoir sur quoi vous travaillez.",
        "puis-je vous poser une question ?",
        months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    "es": _wording(
        "el la los las un una unos y o de del en a al para por con sobre que es son era ha han su sus usted ustedes nos"
        " yo no se lo le cómo qué quién esto hasta ahora está me",
        "he conocido {company} y me gustaría saber en qué trabaja.",
        "me gustaría saber en qué trabaja.",
        "¿puedo hacerle una pregunta?",
        months="enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        polite="usted ustedes ud uds",
    ),
    "it": _wording(
        "il lo la i gli le un una uno e o di del della dei delle a al alla in nel nella per con su che è sono ha hanno"
        " suo sua voi vostro non si ho mi come cosa chi questo sta da",
        "ho conosciuto {company} e mi piacerebbe sapere a cosa sta lavorando.",
        "mi piacerebbe sapere a cosa sta lavorando.",
        "posso farle una domanda?",
        months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        polite="lei la le suo sua suoi sue",
    ),
    "pt": _wording(
        "o a os as um uma uns e ou de do da dos das em no na nos nas para por com sobre que é são foi tem têm seu sua"
        " você vocês não se eu como quem isto está ao à",
        "conheci a {company} e gostaria de saber em que está a trabalhar.",
        "gostaria de saber em que está a trabalhar.",
        "posso fazer-lhe uma pergunta?",
        months="janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        polite="senhor senhora você vocês",
    ),
    "nl": _wording(
        "de het een en of van naar in op aan voor met uit dat dit is zijn was heeft hebben u uw jullie je jouw wij we"
        " ons ik niet er wat hoe wie gaat bij over tot nu toe om ook las",
        "ik kwam {company} tegen en hoor graag waar u aan werkt.",
        "ik hoor graag waar u aan werkt.",
        "mag ik u iets vragen?",
        months="januari februari maart april mei juni juli augustus september oktober november december",
        polite="u uw",
        inflects=1,
    ),
    "pl": _wording(
        "i w we z ze na do od o u po za dla przez że się jest są był była ma mają nie to jak co kto czy ten ta ich jego"
        " nad przy pan pani państwo nad czym nam mi",
        "natknąłem się na firmę {company} i chętnie dowiem się, nad czym Państwo pracują.",
        "chętnie dowiem się, nad czym Państwo pracują.",
        "czy mogę o coś zapytać?",
        months="stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        polite="pan pani państwo pana panią panu państwa państwu panem państwem",
        inflects=4,
    ),
    "cs": _wording(
        "a v ve z ze na do od o u po za pro přes že se si je jsou byl byla má mají ne to jak co kdo který která jste vám"
        " vás vaše váš jsem bych rád na čem při",
        "narazil jsem na {company} a rád bych slyšel, na čem pracujete.",
        "rád bych slyšel, na čem pracujete.",
        "mohu se na něco zeptat?",
        months="ledna února března dubna května června července srpna září října listopadu prosince",
        polite="vy vás vám vámi vaše váš vaší vašem vašeho vaši",
        inflects=4,
    ),
    "sv": _wording(
        "och i på av för med till från att det den de en ett är var har hade ni er ert era vi vår jag inte om som vad hur"
        " vem när nu ska kan skulle gärna",
        "jag hittade {company} och hör gärna vad ni arbetar med.",
        "jag hör gärna vad ni arbetar med.",
        "får jag ställa en fråga?",
        months="januari februari mars april maj juni juli augusti september oktober november december",
        polite="ni er ert era",
        inflects=1,
    ),
    "da": _wording(
        "og i på af for med til fra at det den de en et er var har havde jeres jer vi vores jeg ikke om som hvad hvordan"
        " hvem når nu skal kan kunne gerne",
        "jeg faldt over {company} og hører gerne, hvad I arbejder med.",
        "jeg hører gerne, hvad I arbejder med.",
        "må jeg stille et spørgsmål?",
        months="januar februar marts april maj juni juli august september oktober november december",
        polite="i jer jeres de dem deres",
        inflects=1,
    ),
    "nb": _wording(
        "og i på av for med til fra at det den de en et er var har hadde dere deres vi vår jeg ikke om som hva hvordan"
        " hvem når nå skal kan kunne gjerne",
        "jeg kom over {company} og hører gjerne hva dere jobber med.",
        "jeg hører gjerne hva dere jobber med.",
        "kan jeg stille et spørsmål?",
        months="januar februar mars april mai juni juli august september oktober november desember",
        polite="de dem deres",
        inflects=1,
    ),
    "fi": _wording(
        "ja tai on ovat oli että se ne tämä mitä miten kuka kun jos ei en olen olemme te teidän teillä me meidän minä"
        " myös nyt kuin joka jotka mukaan parissa siitä luin",
        "törmäsin yritykseen {company} ja kuulisin mielelläni, minkä parissa työskentelette.",
        "kuulisin mielelläni, minkä parissa työskentelette.",
        "saanko kysyä yhden asian?",
        months="tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
        polite="te teidän teitä teille teillä",
        inflects=6,
    ),
    "ro": _wording(
        "și sau de la în din pe cu pentru despre că este sunt era a ai ați au dumneavoastră vă noi eu nu se o un unei"
        " unui ce cum cine am aș mai al ale lui",
        "am descoperit {company} și aș vrea să aflu la ce lucrați.",
        "aș vrea să aflu la ce lucrați.",
        "pot să vă întreb ceva?",
        months="ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
        polite="dumneavoastră dvs",
        inflects=4,
    ),
    "hu": _wording(
        "a az és vagy hogy is nem egy van volt ön önök önöknél mi én azt ezt mit hogyan ki kik amikor most már meg el"
        " olvastam szeretném szívesen min dolgoznak",
        "rátaláltam erre a cégre: {company}, és szívesen hallanám, min dolgoznak.",
        "szívesen hallanám, min dolgoznak.",
        "feltehetek egy kérdést?",
        months="január február március április május június július augusztus szeptember október november december",
        polite="ön önök önt önöket önnek önöknek önöknél önnel",
        inflects=6,
    ),
    "tr": _wording(
        "ve veya ile bir bu şu o için gibi da de ki mi mı mu mü ne nasıl kim siz sizin size sizi biz bizim ben çok daha"
        " olarak olan var yok üzerinde isterim",
        "{company} ile karşılaştım ve ne üzerinde çalıştığınızı duymak isterim.",
        "ne üzerinde çalıştığınızı duymak isterim.",
        "size bir soru sorabilir miyim?",
        months="ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        polite="siz sizin size sizi",
        inflects=6,
    ),
}


def wording_of(language: str) -> Wording:
    """The wording of a language code, region or not; English for one that nobody knows."""
    return WORDINGS.get(language[:2].lower(), WORDINGS["en"])
