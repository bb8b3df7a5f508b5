"""Numbers written as words, in the languages of lines, without those that mean something else too (`one`, `sei`, `neuf`)."""

from collections.abc import Iterable, Mapping
from typing import Final


def _numbers(text: str) -> dict[str, str]:
    return {
        word: digits for digits, _, words in (part.partition("=") for part in text.split()) for word in words.split("|")
    }


NUMBERS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": _numbers(
        "2=two 3=three 4=four 5=five 6=six 7=seven 8=eight 9=nine 10=ten 11=eleven 12=twelve|dozen 20=twenty 30=thirty"
        " 40=forty 50=fifty 100=hundred|hundreds 1000=thousand|thousands 1000000=million|millions 1000000000=billion|billions"
    ),
    "de": _numbers(
        "2=zwei 3=drei 4=vier 5=fünf 6=sechs 7=sieben 8=acht 9=neun 10=zehn 12=zwölf|dutzend 20=zwanzig 40=vierzig"
        " 50=fünfzig 100=hundert|hunderte 1000=tausend|tausende 1000000=million|millionen 1000000000=milliarde|milliarden"
    ),
    "fr": _numbers(
        "2=deux 3=trois 4=quatre 5=cinq 6=six 7=sept 8=huit 10=dix 11=onze 12=douze|douzaine 20=vingt 40=quarante"
        " 50=cinquante 100=cent|centaines 1000=mille|milliers 1000000=million|millions 1000000000=milliard|milliards"
    ),
    "es": _numbers(
        "2=dos 3=tres 4=cuatro 5=cinco 6=seis 7=siete 8=ocho 9=nueve 10=diez 12=doce|docena 20=veinte 40=cuarenta"
        " 50=cincuenta 100=cien|cientos 1000=mil|miles 1000000=millón|millones"
    ),
    "it": _numbers(
        "2=due 3=tre 4=quattro 5=cinque 7=sette 8=otto 9=nove 10=dieci 12=dodici|dozzina 20=venti 40=quaranta"
        " 50=cinquanta 100=cento|centinaia 1000=mille|mila|migliaia 1000000=milione|milioni 1000000000=miliardo|miliardi"
    ),
    "pt": _numbers(
        "2=dois|duas 3=três 4=quatro 5=cinco 6=seis 7=sete 8=oito 9=nove 10=dez 12=doze|dúzia 20=vinte 40=quarenta"
        " 50=cinquenta 100=cem|cento|centenas 1000=mil|milhares 1000000=milhão|milhões"
    ),
    "nl": _numbers(
        "2=twee 3=drie 4=vier 5=vijf 6=zes 7=zeven 8=acht 9=negen 10=tien 12=twaalf|dozijn 20=twintig 40=veertig"
        " 50=vijftig 100=honderd|honderden 1000=duizend|duizenden 1000000=miljoen|miljoenen 1000000000=miljard"
    ),
    "pl": _numbers(
        "2=dwa|dwie|dwóch 3=trzy|trzech 4=cztery|czterech 5=pięć|pięciu 6=sześć 7=siedem 8=osiem 9=dziewięć 10=dziesięć"
        " 12=tuzin 20=dwadzieścia 40=czterdzieści 100=sto|setki 1000=tysiąc|tysiące|tysięcy 1000000=milion|miliony|milionów"
    ),
    "cs": _numbers(
        "2=dva|dvě|dvou 3=tři|tří 4=čtyři|čtyř 5=pět|pěti 6=šest 7=sedm 8=osm 9=devět 10=deset 12=tucet 20=dvacet"
        " 40=čtyřicet 50=padesát 100=sto|stovky 1000=tisíc|tisíce 1000000=milion|miliony|milionů"
    ),
    "sv": _numbers(
        "2=två 3=tre 4=fyra 5=fem 6=sex 7=sju 8=åtta 9=nio 10=tio 12=tolv|dussin 20=tjugo 40=fyrtio 50=femtio"
        " 100=hundra|hundratals 1000=tusen|tusentals 1000000=miljon|miljoner 1000000000=miljard|miljarder"
    ),
    "da": _numbers(
        "2=to 3=tre 4=fire 5=fem 6=seks 7=syv 8=otte 9=ni 10=ti 12=tolv|dusin 20=tyve 40=fyrre 50=halvtreds"
        " 100=hundrede|hundreder 1000=tusind|tusinder 1000000=million|millioner 1000000000=milliard|milliarder"
    ),
    "nb": _numbers(
        "2=to 3=tre 4=fire 5=fem 6=seks 7=sju|syv 8=åtte 9=ni 10=ti 12=tolv|dusin 20=tjue 40=førti 50=femti"
        " 100=hundre|hundrevis 1000=tusen|tusenvis 1000000=million|millioner 1000000000=milliard|milliarder"
    ),
    "fi": _numbers(
        "2=kaksi 3=kolme 4=neljä 5=viisi 7=seitsemän 8=kahdeksan 9=yhdeksän 10=kymmenen 12=tusina 20=kaksikymmentä"
        " 40=neljäkymmentä 100=sata|sataa 1000=tuhat|tuhatta 1000000=miljoona|miljoonaa 1000000000=miljardi|miljardia"
    ),
    "ro": _numbers(
        "2=doi|două 3=trei 4=patru 5=cinci 6=șase 7=șapte 8=opt 10=zece 12=duzină 20=douăzeci 40=patruzeci 100=sută|sute"
        " 1000=mie|mii 1000000=milion|milioane 1000000000=miliard|miliarde"
    ),
    "hu": _numbers(
        "2=kettő|két 3=három 4=négy 5=öt 7=hét 8=nyolc 9=kilenc 10=tíz 12=tucat 20=húsz 40=negyven 50=ötven 100=száz"
        " 1000=ezer 1000000=millió 1000000000=milliárd"
    ),
    "tr": _numbers(
        "2=iki 3=üç 4=dört 5=beş 6=altı 7=yedi 8=sekiz 9=dokuz 10=on 12=düzine 20=yirmi 40=kırk 50=elli 100=yüz 1000=bin"
        " 1000000=milyon 1000000000=milyar"
    ),
}


_FIGURES: Final = {
    word: frozenset(numbers[word] for numbers in NUMBERS.values() if word in numbers)
    for word in frozenset[str]().union(*NUMBERS.values())
}


def figures(words: Iterable[str]) -> set[str]:
    """The numbers that these words say, in any of the languages, as digits."""
    return {digits for word in words for digits in _FIGURES.get(word, ())}
