"""German, as it is written in Germany, Austria and Switzerland."""

from __future__ import annotations

import re

from nextvisit.understanding.lexicon import Lexicon, TimeWords


def _both(*patterns: str) -> tuple[str, ...]:
    """Each word with an umlaut also as people write it without the key: `möchte|moechte`."""
    return tuple(re.sub(r"[^\s|]*[äöü][^\s|]*", _without_the_key, pattern) for pattern in patterns)


def _without_the_key(word: re.Match[str]) -> str:
    return f"{word[0]}|{word[0].replace('ä', 'ae').replace('ö', 'oe').replace('ü', 'ue')}"


_DAYS = "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag"
_PARTS_OF_DAYS = "vormittag|morgen|fruh|frueh|mittag|nachmittag|abend"
_RELATION = (
    "mann|frau|mutter|vater|mama|papa|mutti|vati|sohn|tochter|bruder|schwester|oma|opa|großmutter|großvater"
    "|kind|kinder|baby|eltern|schwiegermutter|schwiegervater|partner|partnerin|lebensgefährte|lebensgefährtin"
    "|freund|freundin|gatte|gattin|ehemann|ehefrau|tante|onkel|enkel|enkelin|neffe|nichte|cousin|nachbarin"
    "|nachbar|bub|bua|maus|kleine|kleiner|kleinen|schwager|schwägerin"
)
_MESSAGES = (
    "nachricht*|sms|sms'|smsen|mitteilung*|textnachricht*|kurznachricht*|whatsapp*|werbung*|werbe*|"
    "newsletter*"
    "|spam*|infos|benachrichtigung*|massenmail*|zusendung*|post|messages|mails|emails|reklame|erinnerungen"
)
_HARMLESS = (
    "ich|i|wir|den|der|das|die|meinen|mein|unseren|termin|leider|lieber|hiermit|ihnen|euch|für|heute|morgen|"
    f"besser|dann|am|um|bitte|sie|doch|wieder|also|deshalb|daher|mal|uhr|{_DAYS}"
)
_BETWEEN = (
    "",
    f" {_HARMLESS}",
    f" {_HARMLESS} {_HARMLESS}",
    *(f" {_HARMLESS}" * count for count in (3, 4, 5, 6)),
)
"""Up to six words that turn nothing around."""
_DATES = "|".join(map(str, range(1, 32)))
_SMALL = "7|8|9|10|11|12|13|14|15|16|17|18|19|20"

# Folded: ä ö ü are a o u, and ß is ss; the spellings ae oe ue are listed where they occur.
TIME = TimeWords(
    weekdays={
        "montag": 0,
        "dienstag": 1,
        "dinstag": 1,
        "mittwoch": 2,
        "mitwoch": 2,
        "donnerstag": 3,
        "donerstag": 3,
        "freitag": 4,
        "samstag": 5,
        "sonnabend": 5,
        "sonntag": 6,
    }
    | {"mantig": 0, "maentig": 0, "zischtig": 1, "zyschtig": 1, "ziischtig": 1, "mittwuch": 2}
    | {"donnschtig": 3, "dunschtig": 3, "friitig": 4, "fritig": 4, "frytig": 4, "samschtig": 5, "sunntig": 6}
    | {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5},
    months={"januar": 1, "janner": 1, "jaenner": 1, "februar": 2, "feber": 2, "marz": 3, "maerz": 3, "mrz": 3}
    | {"april": 4, "mai": 5, "juni": 6, "juli": 7, "august": 8, "september": 9, "oktober": 10, "november": 11}
    | {"dezember": 12, "jan": 1, "feb": 2, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "okt": 10}
    | {"nov": 11, "dez": 12},
    relative={
        "ubermorgen": 2,
        "uebermorgen": 2,
        "morgen": 1,
        "morgn": 1,
        "heute": 0,
        "heut": 0,
        "hute": 0,
        "huet": 0,
    },
    within=("in", "in ca", "in etwa", "in circa", "in ungefahr", "in ungefaehr"),
    units={"tage": 1, "tagen": 1, "tag": 1, "woche": 7, "wochen": 7, "wuche": 7, "monat": 30, "monaten": 30},
    numbers={"ein": 1, "einem": 1, "einer": 1, "ner": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "funf": 5}
    | {"fuenf": 5, "sechs": 6, "sieben": 7, "acht": 8, "zehn": 10, "vierzehn": 14},
    # "Nächste Woche (am) Freitag" is what "nächsten Freitag" is.
    following=(
        "nachst",
        "naechst",
        "nexte",
        "nachste woche",
        "naechste woche",
        "kommende woche",
        "nexte woche",
        "nachste woche am",
        "naechste woche am",
        "kommende woche am",
        "nexte woche am",
    ),
    week=("woche", "wuche"),
    parts={
        "fruh": "morning",
        "frueh": "morning",
        "morgens": "morning",
        "vormittag": "morning",
        "vormittog": "morning",
        "nachmittag": "afternoon",
        "namittag": "afternoon",
        "nomittag": "afternoon",
        "nachmittog": "afternoon",
        "abend": "evening",
        "mittag": "midday",
    },
    at=("um", "gegen", "ca", "circa", "zirka", "etwa", "ungefahr", "ungefaehr", "um ca", "um circa"),
    after=("nach", "ab", "nicht vor", "fruhestens um", "fruehestens um", "erst ab", "erst nach", "erst um"),
    before=("vor", "bis", "spatestens", "spaetestens"),
    not_time=(
        "schones wochenende",
        "schoenes wochenende",
        *(
            f"{good} {part}"
            for good in ("guten", "gute", "gutn")
            for part in ("morgen", "morgn", "abend", "mittag")
        ),
        *(
            f"{good} {part}"
            for good in ("guten", "gute", "gutn")
            for part in ("nachmittag", "vormittag", "tag")
        ),
        *(
            f"{nice} {part}"
            for nice in ("schonen", "schoenen")
            for part in (*_PARTS_OF_DAYS.split("|"), "tag")
        ),
        *(f"{nice} {day}" for nice in ("schonen", "schoenen") for day in _DAYS.split("|")),
        *("auf montage", "diese montage", "fruher", "frueher", "fruhstuck", "fruhstucken", "fruehstuecken"),
    ),
    of_day=("am", "den", "dem", "der"),
    hour_units=("uhr", "h", "am", "uhrz", "ur"),
    split=(
        "aber",
        "lieber",
        "sondern",
        "besser",
        "nur",
        "dafur",
        "dafuer",
        "stattdessen",
        "jedoch",
        "wie ware es",
        "wie waere es",
        "wie wars",
        "wie waers",
        "ginge",
        "hingegen",
    ),
    negation=(
        "nicht",
        "nich",
        "nciht",
        "nihct",
        "nicth",
        "net",
        "ned",
        "nit",
        "nod",
        "noed",
        "nein",
        "nee",
        "kein",
        "keine",
        "keinen",
        "keiner",
        "keinem",
        "keines",
        "nie",
        "niemals",
        "nimmer",
        "weder",
        "ausser",
        "schlecht",
        "ungunstig",
        "unguenstig",
        "unmoglich",
        "unmoeglich",
        "verhindert",
        "ungern",
        "ausgeschlossen",
        "nix",
        "keinesfalls",
        "leider",
    ),
    hours={"eins": 13, "ein": 13, "zwei": 14, "zwo": 14, "drei": 15, "dreie": 15, "vier": 16, "viere": 16}
    | {"funf": 17, "fuenf": 17, "funfe": 17, "sechs": 18, "sechse": 18, "sieben": 19, "acht": 8, "achte": 8}
    | {"neun": 9, "neune": 9, "zehn": 10, "zehne": 10, "elf": 11, "elfe": 11, "zwolf": 12, "zwoelf": 12}
    | {"dreizehn": 13, "vierzehn": 14, "funfzehn": 15, "fuenfzehn": 15, "sechzehn": 16, "siebzehn": 17}
    | {"achtzehn": 18, "neunzehn": 19},
    next_but_one=("ubernachst", "uebernachst", "ubernaechst", "uebernaechst"),
    half=("halb", "halbe", "halber", "hoib", "hoiba"),
    half_is_before=True,
    quarter_past=("viertel nach", "viertl nach", "viertel uber", "viertel ueber", "viertel ab"),
    quarter_to=("viertel vor", "viertl vor", "dreiviertel", "drei viertel", "dreiviertl"),
)

LEXICON = Lexicon(
    language="de",
    script="latin",
    urgent=_both(
        "oberschenkelhals|hüfte|becken|bein|wirbelsäule|genick & gebrochen",
        "komme|komm|kann nicht|nimmer|ned hoch|auf|aufstehen",
        "gestürzt|sturz & hoch|aufstehen|auf",
        "kann ... nicht|nimmer|ned ... sprechen|reden",
        "tabletten genommen|geschluckt ... alle|viele",
        "ich springe|spring",
        "mich geschnitten|geritzt",
        "will nicht mehr",
        "meine letzte nachricht",
        "wäre besser|leichter ... mich nicht gäbe|gibt",
        "mich nicht gäbe",
        "fehlt mir ... luft",
        "keine luft ... mehr|bekomm*|krieg*",
        "kriege|bekomme|krieg|bekomm ... keine|kaum|schlecht luft",
        "verletze|ritze|schneide mich|mi",
        "stimmen & sagen|befehlen|mich|mir",
        "ich|i kann|konn nicht|nimmer|ned mehr",
        "gibt es|s mich ... nicht|nimmer|nich|ned mehr",
        "gibt|gibts mich ... nicht|nimmer|nich mehr",
        "mich gibts|gibt ... nicht|nimmer|nich mehr",
        "stehe|steh|sitze|sitz ... brücke|dach|gleis*|geländer|balkon|bruck",
        "mit dem leben|allem|mir abgeschlossen",
        "rührt|bewegt|reagiert|regt|atmet ... nimmer|nicht|nich|ned|net",
        "stuhl|stuhlgang|stuhlgänge|kot & schwarz|schwarzer|teer*",
        "kaltschweiß*",
        "kalter|kalten schweiß",
        "zucker|blutzucker & 300|350|400|450|500|600|25|28|30",
        "verschluckt|getrunken|geschluckt|trunken & reiniger|batterie|knopfbatterie|putzmittel|rohrreiniger|münze|magnet|spülmittel|frostschutz",
        # Heart and breath
        "brustschmerz*|brustweh|brustenge|brustdruck|herzschmerz*|herzrasen|herzstillstand|herzanfall|"
        "herzinfakt",
        "herzinfarkt*|infarkt|schlaganfall*|schlagerl|hirnblutung*|hirnschlag|herzattacke|herzkasperl|"
        "aneurysma*",
        "schmerz*|weh|druck*|drück*|stech*|sticht|stiche|brennen|brennt|enge|engegefühl|ziehen|zieht|krampf* "
        "& brust|brustkorb|brustbein|herz|herzgegend|brustbereich|bruscht|oberkörper",
        "eng & brust|brustkorb|herz",
        "zieht|strahlt & linken arm|kiefer",
        "schmerz* & linken|linker arm",
        "kein*|kaum|koa|ka|wenig|ned|net ... luft|luftn",
        "schlecht*|schwer luft",
        "luft & bleibt|bleib weg",
        "luft & weggeblieben|wegbleibt|wegblieb",
        "luft holen & schwer|kaum|nicht|schlecht",
        "atemnot|luftnot|kurzatmig*|ersticke|ersticken|erstickt|erstickungs*|atemstillstand|atembeschwerden",
        "atemprobleme|atemaussetzer|asthmaanfall",
        "asthma anfall",
        "atme*|atmen|atmung|schnaufen & schwer*|kaum|nicht|nich|schlecht|probleme|schwierigkeiten|mühe|ned|"
        "net|mehr",
        # Blood
        "blut & spuck*|huste*|gehustet|erbroch*|erbrech*|kotz*|gekotzt|stuhl*|urin|pipi|klo|viel|viele|"
        "auswurf|"
        "toilette|verlor*|verlier*|stillen|stoppen|stoppt|ständig|überall|kack*|häufchen|windel|hustet",
        "blutet|blute|bluten|geblutet|bluted|blutung*|blutsturz|blutverlust|nachblutung*|nasenbluten|"
        "blutspucken",
        "bluthusten|bluterbrechen|teerstuhl",
        "läuft|lief|laufen|angelaufen & blau",
        "blaue|blau lippen",
        "schwarz* stuhl*",
        "blut|bluad & nase|wunde|ohr|mund|auge|hose|unterhose",
        "herzklopfen & stark*|schlimm*|heftig*|ständig",
        "verblute*|verblutet",
        # Nerves
        "mundwinkel|mund|gesicht*|gsicht|augenlid & häng*|hängt|taub*|gelähmt|schief|verzogen",
        "gesichtslähmung*|gelähmt*|lähmung*|halbseitig*|taubheitsgefühl*",
        "arm|bein|seite|hand|körperhälfte|gesichtshälfte|arme|beine|finger|hälfte "
        "& taub|gelähmt|kraftlos|kribbel*|schwach|lahm|eingeschlafen|abgestorben|gefühllos",
        "kann|kannn|kanns|spür*|fühl* ... arm|bein|hand|seite|beine|arme ... nicht|nimmer|kaum",
        "kein* gefühl & arm|bein|hand|seite|beine|gesicht",
        "kann|kannst plötzlich|kaum|nichtmehr|nimmer ... sprechen|reden",
        "kann nicht mehr|richtig|gut|gscheit sprechen|reden",
        "nicht mehr richtig sprechen|reden",
        "plötzlich nicht|nimmer ... sprechen|reden|sehen|gehen|bewegen",
        "sprache|stimme & weg|verloren|verwaschen|verschlagen",
        "sprachstörung*|lallt|lalle|lallen|verwaschene|sehstörung*",
        "sehe|seh|sieht ... doppelt",
        "sehe|sieht|seh ... nichts|nix|nimmer ... mehr",
        "plötzlich blind|doppelt",
        "plötzlich & sehe|seh|sieht|auge*|taub*|gelähmt|schwach|blind|gefühllos|verwirrt|verwirrtheit",
        "auge|augen & nichts|nix|blind|schwarz",
        "herz & rast|stolpert|aussetzer|aussetzt|spinnt|stehen",
        "kochendes|kochendem|siedendes|heißes|heißem|heiße|heißer wasser|öl|fett|suppe ... arm|hand|bein|"
        "über|gesicht|bauch|"
        "geschüttet|gegossen|verschüttet|gekriegt",
        # Consciousness
        "ohnmächtig*|ohnmacht|bewusstlos*|umgekippt|zusammengebrochen|zusammengeklappt|kollabier*|kollaps|"
        "zammbrochen|zamklappt|umgefallen|ohnmechtig|zusammengesackt|zusammensackt|umkippt|umgekippt|umgfoin",
        "bewusstsein & verlor*|verlier*|weg|ohne",
        "nicht ansprechbar|ansprechber",
        "reagiert ... nicht",
        "nicht mehr wach|aufzuwecken|aufwecken",
        "krampfanfall*|fieberkrampf*|krampfanfälle|krampft|gekrampft",
        "anfall & krampf*|epilep*|epilepsie",
        "epilept* anfall*|anfälle",
        # Allergy, poison, pills
        "allergische* ... schock|reaktion*",
        "allergisch & reagier*|schlimm",
        "anaphyla*|zugeschwollen",
        "zunge|hals|rachen|lippe|lippen|kehle|gesicht & geschwollen|schwillt|anschwell*|angeschwollen|"
        "schwellen|dick*",
        "hals|kehle & schnürt|zuschnürt|schwillt",
        "überdosis|überdosier*|vergiftet|vergiftung*|schlaftabletten|giftnotruf|tablettenvergiftung",
        "alle|viele|vüle|zuviele|sämtliche|ganzen ... tabletten|pillen|medikamente ... genommen|geschluckt|"
        "eingenommen|"
        "eingeworfen|gegessen",
        "zu viel*|zuviel*|packung|schachtel|handvoll|haufen|dose ... tabletten|pillen|medikament*|insulin|"
        "schlafmittel|schmerzmittel",
        "tabletten|pillen|schmerztabletten & geschluckt|eingeworfen|zuviel|zuviele",
        "10|12|15|16|18|20|25|30|40|50|60|100|zehn|zwölf|fünfzehn|zwanzig|dreißig|vierzig|fünfzig ... "
        "tabletten|pillen|"
        "schmerztabletten|ibuprofen|paracetamol|beruhigungstabletten|kapseln",
        "gift|putzmittel|reiniger|rohrreiniger|waschmittel|spülmittel|entkalker|essigsäure "
        "& getrunken|geschluckt|verschluckt|trunken|gegessen|genommen",
        "kind|baby|sohn|tochter|kleine|batterie|münze|knopfbatterie & verschluckt",
        # Head, fever
        "schlimmst*|stärkst*|heftigst*|ärgst* ... kopfschmerz*|kopfweh|migräne",
        "kopfschmerz*|kopfweh|schädelweh & plötzlich*|vernichtend*|explodier*|nie|unerträglich*|schlagartig*|"
        "schlimmst*|unaushaltbar*|extrem*|extreme|wahnsinnig*|brutal*|noch|leben",
        "donnerschlag*|vernichtungskopfschmerz|vernichtungsschmerz*",
        "kopf & explodiert|platzt|zerspringt",
        "baby|säugling|neugeboren*|monate|wochen|kleinkind & fieber|fiebert",
        "fieber & 40|41|42|hohes",
        "nackensteif*|genicksteif*|hirnhautentz*|meningitis|sepsis|blutvergiftung",
        "nacken|genick & steif*|starr",
        # Birth, burns, accidents
        "fruchtblase*|blasensprung|wehen|presswehen|fruchtwasser",
        "schwanger* & blut*|schmierblut*",
        "verbrüh*|verbrennung*|verätz*",
        "hand|arm|gesicht|haut|bein|baby|kind|mich|finger|bauch|brandblasen & verbrannt|verbrennt",
        "hilfe",
        f"{_RELATION}|patient & verwirrt|durcheinander",
        "kopf & gestoßen|angeschlagen|aufgeschlagen|angehaut|angestoßen",
        "gestürzt|gefallen|hingefallen|gstürzt & nicht|bewusst*|kopf|aufstehen|hüfte|blut*",
        "herz setzt|setzte|bleibt ... aus|stehen",
        "schwer*|verkehrs* unfall",
        "verkehrsunfall|autounfall",
        "notfall|notarzt|krankenwagen|rettungswagen|notaufnahme|lebensgefahr|lebensbedrohlich*",
        "rettung|ambulanz|feuerwehr ... rufen|gerufen|verständigt|verständigen|kommt|geholt",
        "ich sterbe",
        "im sterben",
        "halte|halt|ertrage ... nicht|nimmer mehr|länger aus",
        "halte|halt|ertrage ... nicht|nimmer ... aus",
        "unerträglich*|unaushaltbar* schmerz*",
        # Suicide
        "suizid*|selbstmord*|selbsttötung|freitod|abschiedsbrief*|lebensmüde*|umbringen|umgebracht|"
        "selbstverletz*",
        "bring*|bringe|bring mich ... um",
        "nicht|nich|nie|nimmer|ned|net|nöd ... mehr leben|weiterleben|weitermachen|aufwachen|existieren|"
        "dasein",
        "nicht|nich|nimmer|ned|net mehr da|hier|am leben sein",
        "will|möchte|mag|mog ... nicht|nich|nimmer|ned|net ... leben|weiterleben|aufwachen|aufwocha|"
        "existieren",
        "weiterleben",
        "lebenswille*|lebensmut|lebenskraft|lebensfreude|lebenslust & kein*|verloren|weg|ohne|nicht",
        "will|möchte|wünsch*|wollte dass|das|daß es|alles ... aufhört|vorbei|endet",
        "fertig ... mit ... leben|welt",
        "nicht|ned|net mehr da|hier|leben wäre|wär",
        "nicht mehr da sein",
        "will|kann|mag|mog|pack einfach|nur nicht|ned|net|nimmer mehr",
        "will|kann|mag|mog einfach nimmer",
        "alles egal ... nicht|nimmer",
        "mache|mach|setz*|alles|dem ... ein ende",
        "leb|lebt|lebe wohl",
        "lebewohl",
        "niemand*|keiner|keinem ... vermisst|vermissen|fehlen|abgehen|brauchen|braucht",
        "niemand|keiner ... helfen",
        "wollt|wollte|wünsch* ... ich ... tot",
        "wozu|warum|wofür|weshalb ... lebe|leb|leben|aufstehen",
        "absicht|absichtlich & geschnitten|verletzt|verbrannt|schneide|wehgetan|überdosis",
        "lest|liest|lesen & nicht mehr da|hier|am",
        "bald ... nicht mehr da|hier|geben",
        "bald ... nicht mehr ... da|geben",
        "angst|todesangst ... sterben",
        "nimmer leben|weiterleben|aufwachen|aufwocha",
        "will|möchte|mag|wollte|würd|würde|wünsch*|könnte|mog|wü ... sterben",
        "sterben & will|möchte|besser|liebsten|lieber|möcht|wü",
        "leben & beenden|satt|sinnlos|wertlos|unerträglich|müde|wegwerfen|wert",
        "leben & kein*|keinen|koan|ohne ... sinn|lust|kraft|bock|wert|zweck",
        "leben ... nehmen|nimm|genommen",
        "kein*|keinen|koan & sinn ... mehr|leben|alles",
        "sehe|seh|hab|habe|gibt|weiß ... kein* ausweg|sinn|hoffnung",
        "alles sinnlos|hoffnungslos",
        "ist|is|hat|sei|leben ... alles ... sinn|sinnlos|hoffnungslos",
        "immer|ewig|ende & schlafen|einschlafen|verschwinden|verschwunden|weg",
        "will|möchte|mag ... verschwinden",
        "nur noch sterben|weg|tot",
        "besser|leichter|einfacher ... ohne mich|mi",
        "ohne mich ... besser|leichter|einfacher|dran",
        "ohne mich & alle|allen|familie|kinder|welt|jeder",
        "tu|tue|antue|mache ... mir|mich|ma ... was|etwas|wos an",
        "mir|ma|sich ... was|etwas|wos antun|anzutun|antue|angetan",
        "antun",
        "ritze|ritzen|geritzt|aufgeritzt|pulsader*|pulsadern|erhäng*|vergasen|erschießen|erschieße",
        "häng* mich auf",
        "mich|mi|sich selbst|selber ... verletzen|verletze|verletzt|weh|umbring*|töten|schaden|schneiden|"
        "verletzn",
        "selbst|selber verletz*|schaden|weh",
        "mich|mi verletzen|töten|schneiden|schneide|wehtun|weh tun",
        "brücke|dach|balkon|fenster|hochhaus & spring*|springen|gesprungen|runterspringen",
        "vor & zug|bahn|auto|ubahn ... werfen|schmeißen|springen|springe|werfe|schmeiß",
        "mach*|mache|machen ... schluss ... leben|allem",
        "will|möchte|mache|mach*|setze ... ein ende ... machen|setzen|leben|allem",
        "ein ende setzen",
        "war|wär ich ... tot",
        "wünsch*|wäre|wünschte|lieber|gern|gerne|will|möchte|mag|wollte ... tot",
        "tot sein|wär|wäre",
        "lieber|besser tot|gestorben",
        "will|möchte|mag|mog ... nicht mehr ... da|hier ... sein",
        # Violence
        "vergewaltigt|vergewaltigung|verprügelt|misshandelt|gewürgt|würgt|missbraucht|missbrauch|"
        "zusammengeschlagen",
        "hause|zuhause|daheim ... geschlagen|bedroht|misshandelt",
        "werde|wurde|werd ... geschlagen|bedroht|misshandelt|missbraucht",
        "häuslich* gewalt",
        "gewalt & zuhause|hause|daheim|mann|partner|freund|familie",
        "mann|freund|partner|vater|ex|sohn|er|ehemann|exfreund|stiefvater "
        "& schlägt|geschlagen|bedroht|prügelt|verprügelt|gschlogn|haut|tritt ... mich|mi|uns|kinder|kind|"
        "wieder",
        "schlägt|bedroht|prügelt|verprügelt|geschlagen|bedrohen ... mich|mi|uns",
        "mich|uns ... geschlagen|schlägt|umbringen|verprügelt|bedroht",
    ),
    not_urgent=_both(
        "will nicht mehr kommen|warten|hin|da|so|länger|dort|angerufen|angeschrieben|belästigt|an|von|dass|zu|mit",
        "kann nicht auf|hoch",
        "hand|hände|bein|beine|fuß|füße|arm eingeschlafen",
        "hand|bein|fuß|arm ist|sind eingeschlafen",
        "keine wehen",
        "server|computer|system|internet|netz|leitung|rechner ... zusammengebrochen",
        "kann|konn nicht|nimmer|ned mehr|weiter kommen|warten|gehen|laufen|schlafen|stehen|sitzen|an|am|um|auf|zu",
        "sterbe ... vor",
        "vor ... sterben|gestorben|ersticken|sterbe",
        "stress|hitze|preis|preise|langeweile|arbeit|chef|warterei|rechnung|ungeduld|neugier ... bringt "
        "mich ... um",
        "bringt|bringen mich ... um ... stress|hitze|preise|langeweile|arbeit|chef|warterei|rechnung",
        "fast|beinahe|halben|schier ... herzinfarkt|herzkasperl|herzanfall|schlaganfall|infarkt",
        "herzinfarkt|schlaganfall|herzkasperl & rechnung|preis*|preise|kosten",
        "schlag*|schlägt ... vor",
        "die|ihre|ihrer|eure|der|mit|ohne|keine|eine|brauche|bräuchte|zur|um|für|als|erste|dankbar hilfe",
        "hilfe bei|beim|von|zur|mit|für|mein*|meine|eines",
        "einfach nicht mehr zu|termine|kommen|schreiben|hin|warten|dran|zum",
        "5|10|12|15|16|20|25|30|40|50|60|100 mg|ml|euro|uhr|tage|tagen|jahre|jahren|minuten|min",
        "kein*|keinen notfall",
        "im|zur|für notfall",
        "im|für den|einen notfall",
        "herz blutet",
        "blutet ... das|mir|mein herz",
        "zahnfleisch & blut*|blutet|geblutet",
        "ersticke|ersticken|ersticken in|vor arbeit|terminen|papier*|mails",
        "luft nach oben",
        "herzlich* schmerz*",
        "druck & arbeit|termin*|chef",
        "wehen wind",
    ),
    deceased=_both(
        "im himmel",
        "tödlich",
        "ist|sind nicht|nimmer mehr da|unter",
        "verloren & mama|papa|mutter|vater|mann|frau|sohn|tochter|oma|opa|bruder|schwester|kind",
        "tödlich verunglückt|verletzt|verunfallt",
        "eingrab*|eingegraben|begraben|beerdigt|eingraben|eingrobn",
        "verstorben*|gestorben*|gstorb*|gschtorb*|gestorbn|verstarb*|starb|entschlafen|verblichen",
        f"{_RELATION}|ehemann|herr|er & verschieden",
        "beerdig*|begräbnis*|beisetzung|bestattung*|bestatter*|bestattet|begraben|trauerfeier|trauerfall|"
        "sterbefall",
        "todesfall|ableben|hinterblieben*|witwe*|witwer*|todestag|sterbeurkunde|totenschein|nachlass|"
        "beigesetzt",
        "trauer|trauern ... um|wir|familie|fall",
        "in tiefer trauer",
        "tot",
        "toter|tote|verstobn|verstorbn|verstroben|vertsorben|verstorbn",
        "tod ... von|meines|meiner|meinem|unseres|unserer|des|der|ihres|seiner|vom|meins",
        "tode ... von|meines|meiner|gekommen",
        "seit|nach|beim|durch|wegen dem|seinem|ihrem|deren tod|tode",
        f"habe|haben|hab|hom|verlor|verloren meinen|meine|mein|unseren|unsere|unser|unsern {_RELATION} ... "
        "verloren",
        f"meinen|meine|mein|unseren|unsere {_RELATION} verloren|verlorn|begraben|beerdigt",
        f"verlor|verloren meinen|meine|mein|unseren|unsere {_RELATION}",
        f"meinen|meine|mein|unseren|unsere {_RELATION} ... verloren habe|haben|hab",
        "nicht|ned|net mehr ... am leben",
        "nicht|ned|net mehr ... unter uns|den",
        "nicht|ned|net mehr bei|unter uns",
        "nimmer am leben",
        "nimmer bei|unter uns",
        "lebt|leben|lebte ... nicht mehr",
        "lebt|leben ... nimmer|nichtmehr",
        "weilt nicht mehr",
        "nicht mehr lebt|leben",
        "von uns|mir gegangen|genommen|gangen",
        "immer & eingeschlafen|gegangen|verlassen",
        "friedlich|sanft ... eingeschlafen|gegangen",
        "mann|frau|mutter|vater|mama|papa|oma|opa|ehemann|ehefrau|großmutter|großvater|partner ... "
        "eingeschlafen",
        "vor ... monaten|wochen|tagen|jahren|monat|woche|jahr eingeschlafen|gegangen",
        "herr|herrn|frau ... gibt es ... nicht mehr",
        "herr|herrn|frau ... gibts ... nicht mehr",
        "zu grabe",
        "ist|is|isch|mittlerweile|leider|schon tod",
        "letzte|heute|gestern nacht gegangen",
        "verwitwet*",
        "ist leider nimmer",
        "nicht mehr unter uns",
        "seinen|ihren verletzungen|krankheit erlegen",
        "erlegen",
        "hat uns|mich verlassen",
        "für immer verlassen",
        "letzte ruhe",
        "ruhe ... frieden ... mann|mutter|vater",
        "ruhe er|sie in frieden",
        "heimgegangen|heimgang|dahingeschieden",
        "ist|is|isch ... im himmel",
        "unter der erde",
        "ums leben gekommen",
        "leben & verloren|verlor",
        "den kampf ... verloren",
        "hat ... nicht überlebt|gschafft",
        "weggestorben",
    ),
    not_deceased=_both(
        "nachlass für|auf|von|rabatt",
        "gibt es ... nachlass",
        "handy|akku|telefon|batterie|leitung|auto|computer|pc|laptop|internet|smartphone|iphone|drucker|"
        "motor|"
        "router|fernseher|nerv|zahn ... tot|gestorben|verstorben|tot",
        "tote* leitung|zahn|zähne|nerv|winkel|hose",
        "tot* zahn|nerv",
        "bin|war|sind ... tot|gestorben ... müde|vor",
        "fast|halb|beinahe|wie tot|gestorben",
        "tot gelacht|lachen|müde|umgefallen|umfallen|stellen|kaputt",
        "lach* ... tot",
        "vor ... gestorben|tot",
        "gestorben|tot vor",
        "habe|hab|haben mein*|meine|meinen ... karte|nummer|zettel|handy|brief ... verloren",
        "für mich|uns gestorben",
        "damit|sache|thema|ihr|sie ... gestorben für mich",
        "tot krank|langweil*",
    ),
    opt_out_words=_both(
        "stop",
        "stopp",
        "stoppen",
        "stopt",
        "abmelden",
        "abbestellen",
        "abbestellung",
        "austragen",
        "widerruf",
        "widerrufen",
        "widerspruch",
        "unsubscribe",
        "aufhören|aufhörn",
        "hör auf",
        "opt out",
        "optout",
        "abo beenden|kündigen|stornieren",
        "sms stop|stopp|abbestellen|abmelden",
        "newsletter abbestellen|abmelden",
    ),
    opt_out=_both(
        "nachrichten|sms|mails|schreiben & sparen",
        "nicht|ned kontaktieren",
        "keine ... mitteilungen|nachrichten|sms|mails ... mehr|senden|schicken",
        "nicht|nie|nimmer an diese|die|meine nummer",
        "schreib*|sende*|schick* ... nicht an diese|die|meine nummer",
        "schreib* ... mir|uns & nicht|nimmer mehr",
        "schreib* ... mir|uns|mich ... nicht|nimmer|nie|nich mehr",
        "aus ... dienst|verteiler|liste|system|sms raus|austragen|abmelden|streichen|löschen",
        "möchte|will ... aus ... dienst|verteiler ... raus",
        "kein* nachricht*|sms|smsen|textnachricht*|whatsapp*|werbung*|newsletter*|spam*|benachrichtigung*|"
        "massenmail*|"
        "zusendung*|reklame",
        "kein* weitere*|solche*|dieser|diese|einzige*|mehr|werbe|automatisch*|ihrer|eurer|derartige*|"
        "unnötige*|lästige*|"
        f"nervige*|blöde*|scheiß*|dummen|verdammte* {_MESSAGES}",
        f"will|wü|möchte|möcht|mag|wünsche|wünsch|brauche|brauch|wollen|möchten ... kein* ... {_MESSAGES}",
        "kein* ... mail|email|anruf*|anrufe|kontaktaufnahme mehr",
        "kein* ... mail*|email*|anrufe|kontakt*|kontaktaufnahme* mehr|erwünscht|gewünscht|zukommen",
        "will|möchte|wünsch*|mag|möcht|wü|wollen|möchten ... kein* ... mail*|email*|anruf*|kontakt*|"
        "erinnerung*",
        "nicht|nichts|nix|nie|nimmer|ned|net|nöd mehr schreib*|anschreib*|schick*|send*|zuschick*|zusend*|"
        "kontaktier*|belästig*|texten|nerven|stören|anruf*|anrufen|anschreiben|simsen|zuschicken|melden|"
        "schriebe",
        "nimmer|nichtmehr schreib*|anschreib*|schick*|kontaktier*|anruf*|melden",
        "nicht|nie|nix|nichts|ned|net mehr ... mich|mir|an|uns|mi|ma schreib*|schick*|send*|kontaktier*|"
        "anschreib*|"
        "anruf*",
        "nicht|nie mehr ... angeschrieben|kontaktiert|belästigt|angerufen|genervt|benachrichtigt|angesimst|"
        "informiert|erinnert",
        "melden|melde|meldet|meldets sie|euch|di|dich|se ... nicht|nie|nimmer|ned mehr|wieder",
        "will|möchte|mag|wü das|dies|sowas|solche*|die|diese ... nicht|nimmer|ned ... bekommen|erhalten|"
        "kriegen",
        "nicht|nichts|nie mehr|weiter|wieder zu schreib*|schick*|kontaktier*|send*|belästig*|zusenden|stören",
        "sms|nachrichten|kontakt*|anrufen|mails|zusendungen|mitteilungen ... absehen|abzusehen|einzustellen|"
        "einstellen",
        "verzichte|verzichten ... auf ... nachricht*|sms|mails|kontakt*|erinnerungen|mitteilungen|infos|"
        "werbung",
        f"kein* bedarf|interesse|lust|bock|verwendung ... an|auf|von|für ... {_MESSAGES}",
        "nie wieder schreib*|anschreib*|kontaktier*|anruf*|melden|schick*|send*",
        "nie wieder ... sms|nachricht*|mail|mails|von ihnen|euch hören|lesen|bekommen|erhalten",
        "nicht ... kontaktiert|angeschrieben|angerufen|belästigt ... werden",
        "schreib|schreibe|schreibt|schickt|schick|schicke|sendet|sende|kontaktiert|kontaktiere|ruft|ruf|"
        "textet|"
        "belästigt|nervt|schreibts|schickts "
        "mir|mich|uns|hier|diese|mi|ma|ihr ... nicht|nie|nichts|niemals|nix|ned|net|nimmer ... mehr|wieder",
        "schreib|schreibe|schreibt|schickt|schick|schicke|kontaktiert|kontaktiere mir|mich|uns|mi|ma "
        "nicht|nie|nichts|niemals|nix|ned|net|nimmer",
        "schreiben|schicken|senden|kontaktieren|rufen|belästigen|stören|nerven|texten|schreim sie|se|s "
        "... nicht|nie|nichts|niemals|nix|ned|net|nimmer|nichtmehr ... mehr|wieder",
        "schreiben|schicken|senden|kontaktieren|belästigen sie|se mir|mich|uns ... nicht|nichts|nie|niemals|"
        "nix",
        "ruft|rufen|ruf ... mich|hier|uns|nummer ... nicht|nie|nimmer mehr|wieder",
        "hören|hörens|horn sie ... auf",
        "hör|hören|hoer ihr|endlich|bitte|sofort|doch|auf|sie ... auf ... schreiben|mir|damit|mich",
        "hört auf mit|mir|zu|mich|uns|damit|endlich",
        "hört endlich|bitte|sofort|doch auf",
        "hör|hört|hörts auf",
        "aufhören & schreib*|schick*|send*|sms|nachricht*|kontakt*|nerven|belästig*",
        "einstellen & sms|nachricht*|kontakt*|mails|zusendung*|versand",
        "stellen sie & sms|nachricht*|kontakt*|mails|zusendung*|versand|schreiben ein",
        "unterlassen sie",
        "unterlassen & kontakt*|nachricht*|sms|zusendung*|anrufe",
        "lösch*|loeschn|löschn|lösche|löscht|vernicht*|entfern* ... nummer|nr|tel|handynr|handynummer|"
        "telefonnummer|daten|kontakt|"
        "kontaktdaten|mich|adresse|mailadresse|profil",
        "nummer|handynummer|telefonnummer|daten|kontakt|kontaktdaten|telefonnr ... lösch*|löschen|entfern*|"
        "streichen|austragen|vergessen|rausnehmen|gelöscht|entfernt",
        "daten|nummer & löschung|löschen",
        "streich*|entfern*|nehm*|nimm|nehmt|schmeiß*|werf* ... mich|nummer|uns ... liste|verteiler|"
        "datenbank|kartei|"
        "system|adressliste|verzeichnis|datei|raus|runter",
        "streich*|entfern* mich|meine nummer ... von|aus",
        "trag|tragen|tragt|trage ... mich|nummer ... verteiler|liste|aus",
        "liste|verteiler|datenbank|kartei|adressliste & streichen|löschen|entfernen|austragen|nehmen|raus|"
        "gestrichen|"
        "entfernt|gelöscht|rausnehmen",
        "aus|von ... verteiler|mailingliste",
        "will|möchte|mag|wü|möcht|wollen ... nichts|nix|nie|niemals ... hören|lesen|wissen|bekommen|"
        "erhalten|haben|kriegen|"
        "horn",
        "nichts|nix mehr ... hören|lesen|wissen|bekommen|erhalten|haben|kriegen|schicken|senden|zusenden|"
        "hom|horn",
        "kein* kontakt|kontaktaufnahme|kontaktversuche",
        "lass|lasst|lassen|laßt|losst|lossts|lassts|loss|lassns & ruhe|frieden|ruah",
        "nicht|ned|net dass|das|daß ihr|sie|man|jemand|mir|mich ... schreib*|schickt|schicken|kontaktier*|"
        "anruf*|anschreib*|"
        "kontaktiert|belästigt|schreibts",
        "nicht ... einverstanden dass|das|daß ... sie|ihr|man|mir|mich",
        "meine|mei ruhe|ruah",
        "widerruf*|widerrufe|wiederrufe|widerrief|wiederruf* ... einwilligung*|zustimmung*|einverständnis*|"
        "erlaubnis|genehmigung|consent|einverständniserklärung|datenschutz*",
        "hiermit widerrufe|wiederrufe|widerspreche|kündige|untersage",
        "widerrufe|wiederrufe|widerspreche",
        "einwilligung|zustimmung|einverständnis|erlaubnis|einverständniserklärung "
        "& zurück*|zurückziehen|entziehe|widerruf*|wiederruf*|nehme|nicht|nie",
        "kein* einwilligung|zustimmung|erlaubnis|einverständnis",
        "nicht einverstanden & nachricht*|sms|kontakt*|daten*|verwendung|nutzung|kontaktiert|angeschrieben|"
        "verarbeitung",
        "nutzung|verarbeitung|speicherung|daten|kontakt*|nachrichten|sms|verwendung|weitergabe|"
        "kontaktaufnahme "
        "... nicht ... zu|einverstanden",
        "untersage|untersagen ... ihnen|jede|weitere|jegliche|kontakt*|nutzung|speicherung|verwendung|euch",
        "verbitte mir",
        "verbiete ... ihnen|euch|kontakt*|jede",
        "vergiss|vergesst|vergessen sie ... meine nummer|telefonnummer",
        "genug|schluss|ende ... nachrichten|sms|spam|mails|belästigung|werbung",
        "schluss damit|jetzt",
        f"melde*|melden ... mich ... vom|von|aus ... dienst|service|newsletter|verteiler|sms|{_MESSAGES} "
        "... ab",
        "abmelden & verteiler|newsletter|sms|nachricht*|dienst|service|liste|benachrichtigung*",
        "abbestellen|abstellen|deaktivier*|ausschalten|kündigen & sms|nachricht*|newsletter|mails|dienst|"
        "erinnerungen|"
        "benachrichtigung*|infos|erinnerung|service|abo|werbung",
        "bestelle ... sms|nachrichten|newsletter|infos|mails ... ab",
        "recht auf vergessenwerden|löschung",
        "artikel|art 17 ... dsgvo",
        "dsgvo & lösch*|widerspr*|widerruf*|löschung",
        "nachricht*|sms|kontakt*|anrufe|mails ... nicht|un ... erwünscht|gewünscht",
        "unerwünscht*",
        "in ruhe lassen",
        "stop|stopp ... sms|nachricht*|schreiben|schicken|senden|mit|spam|anrufe",
        "stoppen ... sms|nachrichten|das|damit|sie",
        "kündige|kündigen ... sms|newsletter|abo|dienst|service",
        "aus dem|ihrem|eurem system",
    ),
    not_opt_out=_both(
        "op|warte|operations|termin liste",
        "mich von|aus|auf der|dem|den op|warteliste|operationsliste|terminliste|plan",
        "nicht|ned stoppen|stop|stopp|abmelden",
        "antworten|antworte|senden|schreiben|sende sie|mit|einfach stop|stopp",
        "stop|stopp antworten|senden",
        "stop|stopp and|und go",
        "boxenstopp|stopuhr|stoppuhr|stopover|zwischenstopp",
        "blutung*|blut|bluten|husten|durchfall|schmerz* ... stoppen|stoppt",
        "hab|habe|haben|hob|hat ... kein* ... "
        f"{_MESSAGES}|mail|email|bestätigung ... bekommen|erhalten|gekriegt|gekommen|gelesen|gesehen|"
        "gfunden|gefunden|"
        "kriegt|geschrieben|gelöscht|geschickt",
        f"noch|leider|bisher|nie|auch|heute|gestern kein* {_MESSAGES} bekommen|erhalten|gekriegt|gekommen",
        f"kein* {_MESSAGES} bekommen|erhalten|gekriegt|gekommen|angekommen wo|wann|wie|welche|obwohl|wegen|"
        "wohin|ob",
        "bekomme|kriege|erhalte|bekam|erhielt|bekommt|kam|kommt|kommen|kamen|sehe ... kein* ... "
        f"{_MESSAGES}|mail|email",
        "hab|habe|haben|besitze|hob ... kein* ... whatsapp*|email*|mail|mailadresse|internet|handy|post",
        "warum|wieso|weshalb ... kein* ... nachricht*|sms|mail|mails",
        f"brauche|benötige|schicken ... {_MESSAGES} ... nochmal",
        "warteliste & streich*|nehm*|setz*|setzen|auf",
        "von|aus der|ihrer warteliste",
        "will|möchte|kann|konnte|muss|darf|wollte|könnte ... nicht anrufen|schreiben|antworten",
        "schreib*|schreiben ... dass|das|weil|daß|ob|wann|wenn ... nicht",
        "rezept|medikament*|tabletten|pflege|insulin ... abbestellen|absetzen",
        "husten|schmerz*|blutung|schwindel|fieber|es|durchfall ... hört ... auf",
        "der|das|es|die|ohr|hals ... hört auf",
        "hört ... nicht|nimmer|ned|net ... auf",
        "in ruhe & überleg*|nachdenk*|besprech*|anschau*|sprechen|reden|telefon*|schauen",
        "meine ruhe & urlaub",
        "termin* ... aus ... system|kalender|plan|liste",
        "aus dem system & fehler|geflogen|gelöscht",
        "nicht melden|gemeldet",
        "op|impf* widerspruch",
    ),
    hold=_both(
        "blockier*",
        "haut ab",
        "stoppt das",
        "unterlassung",
        "genug ... nachrichten|sms",
        "spam*|belästig*|belästigung|stalk*|stalking|dsgvo|anwalt|rechtsanwalt|datenschutz*|"
        "verbraucherzentrale",
        "nerv*|nerven|nervt ... mich|langsam|nur|sms|nachricht*|ihr|sie|total|echt|gewaltig|mi|uns|schon|"
        "voll|so",
        "sms|nachrichten|das|ihr|es|schreiberei|sie & nervt|nervts|nerven|nervst",
        "nervensäg*",
        "sms|nachrichten|schreiben|whatsapp nur|lieber vormittag*|abend*|tagsüber|nachmittag*|einmal|wenn|"
        "zwischen|am|bis",
        "dauernd|ständig|immer|wieder|andauernd diese|eure|die|ihre|so ... sms|nachrichten|anrufe",
        "nicht ... damit|mehr einverstanden",
        "stimme ... nicht zu",
        "zu viel*|zuviel*|dauernd|ständig|ewig*|andauernd ... nachricht*|sms|mails|schreib*|anruf*|"
        "geschreibe",
        "schon wieder & sms|nachricht*|ihr|schreib*",
        "weniger ... nachricht*|sms|oft|mails|schreiben|schicken",
        "nicht|ned|net so|ständig|dauernd|jeden|jede|jedes|immer|andauernd|zu ... oft|viel|viele|schreiben|"
        "tag|woche|mal|"
        "schicken|häufig",
        "seltener",
        "bitte|soll|sollen|sollt|brauch* ... nicht|ned|net ... anruf*|schreiben|anschreiben|kontaktieren|"
        "schicken|senden",
        "nicht|ned|net ... anrufen|telefonieren",
        "nicht|ned ... nachts|abends|sonntags|wochenende|arbeit ... schreib*|schicken|anruf*|stören",
        "ruf*|rufen ... nicht ... an",
        "kein* anruf*|telefonate|mail|mails|email|erinnerung|erinnerungen",
        "nur ... per|via|über mail|email|post|brief|telefon|sms|whatsapp",
        "lieber|besser ... per|via|über mail|email|post|brief|telefon|sms|whatsapp",
        "vorerst|vorläufig|erstmal|momentan|derzeit|zurzeit|zunächst|derweil & keine ... nachricht*|sms|"
        "schreiben|kontakt*",
        "nicht & vorerst|vorläufig|erstmal schreiben|kontaktieren|melden",
        "pause|pausier*|pausieren ... nachricht*|sms|machen|schreiben",
        "nachricht*|sms ... pause|pausier*",
        "erst wieder & schreib*|meld*|kontakt*|sms",
        "abmeld*|abbestell*|austragen|widerruf*|wiederruf*",
        "melden sie|mich ... mich|sich ab",
        "woher|wieso|warum|wie ... meine|die nummer|daten|handynummer|telefonnummer",
        "hab*|habe|haben ... genug ... von|sms|nachrichten|euch|ihnen",
        "genug ... von|sms|nachrichten|davon",
        "nie|nicht|niemals ... zugestimmt|eingewilligt|erlaubt|angemeldet|bestellt",
        "fresse|schnauze|maul|klappe|verpiss*|verpisst|fick*|gfickt|arschloch|arschlöcher",
        "schleich* di|euch",
        "schleichts|schleicht euch|di",
        "leck*|leckt mich|mi|uns",
        "blockier*|blockiere|blockiert|sperre|gesperrt ... sie|nummer|euch|ihnen|diese",
        "brauch*|brauchen ... nicht ... schreiben|melden|kontaktieren|anrufen|erinnern|bemühen",
        "muss|müsst|müssen ... nicht ... schreiben|erinnern|melden|schicken",
        "reicht|langt & sms|nachricht*|jetzt|langsam|schreib*",
        "nicht ... gestört",
        "nicht stören|störn",
        "automatische* nachricht*|sms",
        "will|möchte ... meine|mei|nur ruhe",
        "nicht mehr & erinner*|nachricht*|sms|mails|benachrichtig*",
        "keine lust & nachricht*|sms|ihr|euch|ihnen",
        "nichts|nix ... schicken|senden|schreiben",
        "ende gelände",
        "schluss damit|jetzt|aus",
    ),
    ends=(
        "schluss|genug",
        "ende|schluss|aus|genug",
    ),
    cancels=_both(
        "absage|absagen|abgesagt|storno|stornieren|stornierung|abmeldung|löschen|kündigen|kündigung",
        "canceln|cancel|streichen|beenden|löschung",
    ),
    wrong_number=_both(
        "falsche*|falschn|verkehrte* ... nummer|person|telefonnummer|handynummer|nr|empfänger|adresse|"
        "adressat|"
        "kontakt|patient*|mann|frau",
        "falsch|verkehrt verbunden|gewählt|hier|adressiert|bei mir|geschickt|gelandet",
        "nicht|ned|net|nimmer ... meine|seine|ihre|die|richtige|richtigen nummer|nr|person|patient*",
        "bin|bins|sind|heiße|heiß ... nicht|ned|net|kein*|nöd ... patient*|frau|herr|herrn|gemeinte|"
        "richtige|gesuchte",
        "bin|bins|heiße|heiß|ich nicht|ned|net|nöd die|der|so",
        "kenne|kenn|kennen ... nicht|kein*|ned|net|nöd",
        "kein*|niemand|keiner ... name*|namens",
        "niemand|keiner ... so heißt",
        "heißt hier niemand|keiner",
        "hier & gibt|wohnt|heißt|lebt ... kein*|nicht|niemand",
        "war|bin|waren ... noch nie|niemals ... bei ihnen|euch|dort|patient*|praxis|da",
        "nummer ... gewechselt|vergeben|neu|übernommen|bekommen|gehört",
        "neue* besitzer|inhaber ... nummer|handy",
        "wer sind sie|seid ihr",
        "wer ist da|das|dort",
        "wer schreibt",
        "verwechseln|verwechslung|verwechselt|vertippt|irrläufer",
        "irrtum & nummer|person|nachricht|ihnen|muss",
        "muss|wohl|ist ... ein irrtum",
        "nicht für mich bestimmt|gedacht",
        "was für ein* termin|arzt|praxis",
        "welch* arzt|praxis ... überhaupt",
        "sind ... falsch",
    ),
    running_late=_both(
        "verspäte|verspäten|verspätet|verspaete mich|uns|sich",
        "mich|uns ... verspäte|verspäten|verspätet",
        "hab*|habe|hat|haben|mit|wegen|etwas|bisschen|min|minuten|kleine|leichte ... verspätung",
        "zug|bahn|bus|sbahn|ubahn|öbb|db ... verspätung|ausgefallen|steht|spät",
        "komm*|komme|schaffe|bin|werde ... zu spät",
        "komm*|komme|kommen|bin|wird|brauch*|braucht|dauert ... minuten|min|viertelstunde|stunde|minütchen "
        "... "
        "später|spät|länger|verspätet",
        "minuten|min|viertelstunde ... später|spät|verspätet",
        "komm*|komme ... etwas|bisschen|bissl|bisserl|paar|wenig|bitzeli ... später",
        "im|in|einem stau|stäu",
        "steh*|stecke|häng* ... stau|fest|parkplatz*",
        "find* ... kein* parkplatz|parkplätze",
        "schaff* ... nicht|ned|net ... pünktlich|rechtzeitig|zeit",
        "nicht|ned|net ... pünktlich|rechtzeitig",
        "wird|werde ... später|spät",
        "unterwegs ... später|verspät*|stau",
        "bin|sind gleich da|dort",
        "suche|such ... parkplatz",
        "wartet ... auf mich",
    ),
    already_booked=_both(
        "schon|bereits|scho ein|einen|an|nen|n|mein*|meinen|termin|termine|eh ... termin|termine",
        "schon|bereits|scho termin*|termin|gebucht|vereinbart|ausgemacht|angemeldet|eingetragen|vorgemerkt|"
        "reserviert|"
        "bestellt",
        "hab*|habe|haben|hätte ... schon|bereits|scho|eh ... was|etwas ... ausgemacht|vereinbart|gebucht|"
        "bekommen",
        "termin|untersuchung|kontrolle ... schon|bereits|scho ... gebucht|vereinbart|ausgemacht|gemacht|"
        "bekommen|habe|"
        "haben|fix|fixiert|steht",
        "hab|habe|haben|hob ... am|für ... termin",
        f"hab|habe|haben ... am {_DATES}",
        "hab|habe|haben ... am|für|um|nächste*|nächsten|kommende* ... einen|ein|nen termin",
        "termin ... steht ... bereits|schon",
        "bin ... schon|bereits|scho ... angemeldet|eingetragen|vorgemerkt|einbestellt|bestellt|"
        "eingeschrieben",
        "hab*|habe ... termin ... telefonisch|online|doctolib|bereits|gestern|letzte* ... vereinbart|gebucht|"
        "ausgemacht|bekommen",
        "habe|hab ... doch ... termin",
        "termin ... bei ... kollegen|kollegin|doktor|dr|frau|herrn",
    ),
    for_another=_both(
        f"für mein*|meinen|meine|meinem|unser*|unseren|unsere|mei|den|die|das|unsern|mein ... {_RELATION}",
        f"mein*|meine|mein|meinem|meinen|meiner|unser*|unsere|unser|unserem|unserer|mei {_RELATION} "
        "... braucht|bräuchte|möchte|will|hätte|kommt|nimmt|kann|könnte|würde|termin|sollte|müsste|muss",
        "termin|untersuchung|kontrolle|platz|vorsorge|impfung & mein*|meine|meinen|unser*|unsere|unseren "
        f"{_RELATION}",
        f"mein*|meine|meinen|unser*|unsere|unseren {_RELATION} ... anmelden|vorbeibringen|mitbringen|"
        "eintragen|mitnehmen|"
        "impfen|untersuchen|bringen",
        "für jemand*|jemanden ander*|anders|anderen",
        f"mit mein*|meinem|meiner|unserem|unserer {_RELATION} ... kommen|vorbeikommen",
        f"{_RELATION} ... mitbringen|anmelden|vorbeibringen|mitnehmen|mitkommen|auch kommen|untersuchen",
        "für uns beide|zwei",
        "zwei personen",
        f"statt|anstelle|anstatt|stelle ... mir|meiner ... {_RELATION}",
        f"bin|schreibe|antworte ... ihre|seine|die|der|ihr|sein {_RELATION}",
        f"hier ... {_RELATION} von",
    ),
    complaint=_both(
        "unverschämt*|frech*|unfreundlich*|inkompetent*|skandal*|sauerei|schweinerei|unmöglich* ... "
        "behandel*|"
        "behandlung|personal|umgang|benehmen|service|praxis|zustände",
        "unverschämt*|unfreundlich*|frech|frechheit|skandal*|sauerei|schweinerei|inkompetent*|zumutung|"
        "schlamperei|saftladen|sauladen|"
        "pfusch*|verpfuscht|kunstfehler|katastrophe|abzocker*|betrüger*|betrug|verarsch*|unprofessionell*|"
        "respektlos*",
        "beschwer*|beschweren|beschwerde|reklamier*|reklamation ... mich|über|einreichen|einlegen|"
        "ärztekammer|will|"
        "werde|möchte|bei|formell",
        "mich|formell|offiziell ... beschwer*|beschweren",
        "beschwerde ... einlegen|einreichen|über|gegen|brief|stelle",
        "stunden|stunde|std|ewig|minuten|zeit ... gewartet|warten müssen|wartezeit|warten lassen|umsonst|"
        "wartezimmer",
        "stunden|ewig|minuten warten",
        "gewartet ... stunden|stunde|ewig|minuten|umsonst",
        "unzufrieden|enttäuscht|sauer|empört|entsetzt|stinksauer|verärgert|wütend",
        "nicht|nie|wenig ... zufrieden",
        "schlecht*|miserabel*|miese*|grauenhaft*|furchtbar*|schrecklich* ... behandel*|behandlung|"
        "erfahrung*|service|"
        "praxis|beratung|betreuung|umgang|bewertung|organisation",
        "behandlung|betreuung|service|beratung|arzt|ärztin|personal|empfang & schlecht*|miserabel|"
        "katastroph*|"
        "grob|unhöflich|furchtbar|unfähig",
        "unhöflich*|pampig|patzig|arrogant|herablassend|ruppig",
        "falsch behandelt|diagnose|diagnostiziert|abgerechnet",
        "fehldiagnose|behandlungsfehler|rechnung ... falsch",
        "ärztekammer|verklag*|verklagen|schmerzensgeld|anzeige|gericht|rechtsanwalt|patientenanwalt*",
        "nicht ernst genommen",
        "nie wieder ... hin|zu ihnen|euch|diese praxis|dort",
        "schlimmer geworden ... seit|nach behandlung",
        "so ... geht ... nicht ... um|patienten",
    ),
    other_language=_both(
        "auf|in englisch|polnisch|russisch|türkisch|ukrainisch|arabisch|französisch|italienisch|rumänisch|"
        "spanisch|"
        "serbisch|kroatisch|ungarisch|slowakisch|tschechisch|bosnisch|farsi|persisch|english|türkce|polski|"
        "kurdisch|"
        "albanisch|bulgarisch|griechisch|portugiesisch|dari|paschtu",
        "spreche|sprechen|sprech|schreiben|schreibe|schreib ... englisch|polnisch|russisch|türkisch|"
        "ukrainisch|"
        "arabisch|französisch|italienisch|rumänisch|english",
        "englisch|polnisch|russisch|türkisch|ukrainisch|arabisch|rumänisch|english bitte|please|möglich",
        "versteh*|spreche|sprech|kann|können|verstehen|lesen|nix|verstehn ... kein*|nicht|wenig|nix|"
        "schlecht|ned ... "
        "deutsch",
        "kein* deutsch",
        "nix|nicht|wenig|schlecht|bisschen ... deutsch",
        "deutsch ... nicht|nix|schlecht|wenig|schwer",
        "dolmetscher*|dolmetsch|übersetzer*|übersetz*|übersetzen",
        "andere* sprache",
    ),
    human=_both(
        # Asked without a question mark.
        "bin ich ... richtig|falsch",
        "ist|steht|bleibt|gilt der|mein|unser termin fix|fixiert|noch|aufrecht|bestätigt|sicher|jetzt",
        "ruf|rufe|rufen|ruft|rufts|ruafn|rufens|telefonier* sie|mich|mi|mir|bitte|uns|doch|zurück|an|kurz|"
        "ihr|s ... an|zurück|"
        "durch|mich|mal",
        "rufen sie",
        "rufens",
        "ruf*|rufen ... an",
        "rückruf*|anrufen|zurückruf*|zurückrufen|anruf|telefonat|telefonisch*|telefonieren|rückmeldung|"
        "anzurufen|oruafn",
        "mit ... mensch*|jemand*|arzt|ärztin|doktor|praxis|mitarbeiter*|schwester|dame|chef|"
        "sprechstundenhilfe|"
        "arzthelferin|ordination ... sprechen|reden|telefonieren|klären|besprechen",
        "sprechen|reden|besprechen ... mit ... mensch*|jemand*|arzt|ärztin|doktor|praxis|mitarbeiter*",
        "sprechen|reden|redn",
        "mitarbeiter*|mensch|menschen|rezeption|sekretariat|ansprechpartner*|sachbearbeiter*",
        "melden sie sich|bei mir|bitte",
        "melde* ... bei mir",
        "melden sich",
        "fr dr|doktor*|prof*",
        "persönlich ... sprechen|reden|besprechen|klären",
        "jemand|wer ... anruf*|melden|erreichen|ansprechen|zuständig",
        "erreiche|erreich|komme|kommt ... niemand*|keinen|nicht durch|keiner",
        "brauche|bräuchte|benötige ... rezept|überweisung|krankschreibung|attest|befund|krankmeldung",
        "roboter|bot|maschine|computer|ki",
    ),
    too_expensive=_both(
        "teuer*|teure*|überteuert*|wucher|wucherpreise|abzocke|geldmacherei|billiger*|preiswerter*|rabatt*|"
        "ermäßigung*|"
        "teier",
        "kein*|koa|ka|wenig ... geld|kohle|göd|knete",
        "nicht|ned|net|nimmer ... leisten|bezahlen|zahlen|bezahlbar",
        "pleite|arbeitslos",
        "zu hoch*|hohe* & preis*|kosten",
        "preis*|preise|kosten & zu hoch|hohe|hoch|unverschämt|wahnsinn",
        "zu viel|zuviel geld",
        "so viel|soviel geld",
        "geld & fehlt|kein*|knapp",
        "günstiger* & preis*|anbieter|woanders|geld|angebot",
        "sprengt ... budget",
        "kostet ... zu viel|zuviel",
        "zahlt ... kasse ... nicht",
        "kasse ... zahlt|übernimmt|bezahlt ... nicht",
    ),
    question=_both(
        "wie|was|wo|wann|wer|warum|wieso|weshalb|welche|welcher|welches|welchen|woher|wozu|wofür|wieviel|"
        "wohin|wen|wem|wia",
        "muss ich|man",
        "brauche|brauch ich",
        "gibt es",
        "gibts|kostet|zahlt|übernimmt|frage|fragen",
        "kann|darf|soll|sollte|muss|könnte man|ich|mein|meine",
        "können|könnten|würden|haben|hätten|sind|machen|bieten|nehmen|wissen sie",
        "habt|könnt|macht|seid|nehmt ihr",
        "hab|habe|hätte ne|eine|noch|a frage",
        "ist es|das|der|die|bei|eine|ein|noch",
        "geht das|es|auch|noch",
        "bin ich",
        "ob",
    ),
    cancel=_both(
        "absag*|absagen|abgesagt|abzusagen|abgsagt|absogn|oosogn|storn*|stornieren|cancel*|canceln|gecancelt",
        # No gaps here: a negation could stand in them.
        *(f"sag|sage|sagen|sagt|sog{between} ab" for between in _BETWEEN),
        *(
            f"termin|untersuchung{between} lösch*|löschen|streichen|absetzen|rausnehmen|freigeben|"
            "weitergeben|vergeben|"
            "annullier*|ausfallen|zurückgeben"
            for between in _BETWEEN
        ),
        *(f"streich*|lösch*|vergeben{between} termin" for between in _BETWEEN),
        "termin* ... aus ... system|kalender|plan|liste",
        "komme|komm|kommen|kumm|kimm ... nicht|ned|net|nöd|nimmer|nich|nit",
        "kann|kanns|konn|ka|cha|können|werde|werd|schaffe|schaff|möchte|darf ... nicht|ned|net|nöd|nimmer|"
        "nich|nit ... kommen|"
        "kumma|cho|erscheinen|wahrnehmen|teilnehmen|einhalten|dabei|sein|dasein|kemma|antreten",
        "nicht|ned|net|nöd|nimmer|nich|nit kommen|wahrnehmen|erscheinen|einhalten|teilnehmen|dabei|kumma|"
        "kemma",
        "nicht & wahrnehmen|einhalten|erscheinen|antreten",
        "doch nicht|ned|net kommen|wahrnehmen|da",
        "schaff*|schaffe ... nicht|ned|net|nöd|nich|nimmer|leider",
        "werde ... nicht ... da|dort sein",
        "bin krank|krankgeschrieben",
        "bin ... leider ... krank",
        "lieg* ... krankenhaus|spital|bett|flach",
        "brauch*|brauche ... termin ... nicht|nimmer|ned|net ... mehr",
        "termin ... nicht mehr ... nötig|notwendig|gebraucht|erforderlich",
        "nicht auftauchen|da sein",
        "muss|müssen ... passen",
        "wird|wirds nichts|nix",
    ),
    reschedule=_both(
        "verschieb*|verschoben|verschob*|verschoib*|verleg*|verlegen|umbuch*|umbuchen|umlegen|vorverleg*|"
        "vorziehen|"
        "verschiebung|terminänderung|terminverschiebung|terminverlegung|umterminier*|verschieba|umplanen|"
        "umändern",
        "termin|tag|uhrzeit|zeit & ändern|änder*|geändert|tauschen|wechseln|umlegen",
        "änderung ... termin*|am|des",
        "änder* ... termin|uhrzeit",
        "nach hinten|vorne",
        "neuen termin",
        "neue* termin*",
    ),
    other_times=_both(
        "andere*|anders|andern|anderen|alternative*|weitere*|weiteren|ondare|ondan ... "
        "termin*|zeit*|zeiten|tag*|tage|uhrzeit*|datum|möglichkeit*|vorschlag*|vorschläge|option*|woche|"
        "monat|mal",
        "andermal|anderes mal",
        "alternative*|alternativtermin*|ausweichtermin*",
        "passt|passn|passen|passd|basst|past ... nicht|ned|net|nöd|nich|nit|nimmer|leider|schlecht|gar|nie",
        "nicht|ned|net ... passt|passen|passend",
        "geht|gehts|gehen|gengan|goht|ged nicht|ned|net|nöd|nich|nit|nimmer|leider|schlecht",
        "geht|gehts|gehen das|bei|mir|da|auch|gar|leider|alles|beide|alle|die|bei|sich|sie|keiner ... "
        "nicht|ned|net|nöd|nich|nit",
        "klappt|klappts|klappen|haut ... nicht|ned|net|nöd|nich|nit|nimmer|leider ... hin",
        "klappt|klappts|klappen ... nicht|ned|net|nöd|nich|nit|nimmer|leider",
        "ausgehen ... nicht|ned",
        "keiner|keine|keines|kein|koana|nichts|nix|keins ... davon|passt|dabei|geht|passend*|passen|klappt|"
        "möglich|"
        "termine",
        "keiner|keine|keines|keins von denen|diesen|den|allen|beiden",
        "nichts|nix dabei|passendes|frei",
        "später*|früher*|frühe|frühen|frühest*|frühestens|spätere*",
        "eher ... möglich|geht|frei|termin|was|vormittag*|nachmittag*|abend*",
        "was|etwas|noch ... eher|anderes|anders|freies|am|im|nächste*|nach|abends|vormittags|nachmittags",
        "nur ... vormittag*|nachmittag*|abend*|morgens|mittag*|früh|abends|wochenende|samstag*",
        "immer|generell|grundsätzlich|meist ... vormittags|nachmittags|abends|morgens",
        "wochenende|samstags|abends|vormittags|nachmittags",
        "unter der woche",
        "nächste|übernächste|kommende|andere woche|monat|wuche",
        "nächsten|kommenden|übernächsten monat",
        "ende|anfang|mitte ... woche|monat|monats|des|januar|februar|märz|april|mai|juni|juli|august|"
        "september|oktober|"
        "november|dezember",
        "im januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|herbst|"
        "winter|frühjahr|"
        "frühling|sommer|neuen",
        "nach|vor weihnachten|ostern|urlaub|ferien|den|neujahr|silvester|feiertagen",
        "welche|was|wann|haben|habt|gibt|gibts ... termine|sonst|noch frei|andere*",
        "noch ... termine|was|etwas ... frei|anderes|offen|haben",
        "kein* ... termin* ... passt|dabei|davon|passen",
        "alle ... drei|termine|tage|vorschläge ... nicht|schlecht|ungünstig",
        # An hour that bounds: what we offer at that very hour is not meant.
        f"vor|bis|nach|spätestens {_SMALL} uhr|h|00|15|30|45",
        "vor|bis|nach|spätestens 12|13|15|16|17|18|19|20",
        "bis 8|9|10|11|14",
        # A part of the day that is written in one word with it.
        *(f"{day}{part}*" for day in _DAYS.split("|") for part in _PARTS_OF_DAYS.split("|")),
        "egal wann",
        f"gegen|{_DAYS}|heute|morgen|am abend|abends",
        "gegen mittag",
        "verhindert",
        "oktober|november|dezember|januar|jänner|februar|herbst|winter|frühjahr|sommer ... wäre|besser|"
        "lieber|passt|geht",
        "ab|erst|bis|anfang|ende|mitte oktober|november|dezember|januar|jänner|februar|märz|april|herbst|"
        "winter|frühjahr",
        "nichts|nix|was|etwas|auch|lieber|nur|eher ... am|in abend|nachmittag|vormittag|früh|wochenende",
        "zu früh|spät|knapp|kurzfristig|weit",
        "so kurzfristig|früh|spät",
        "nach der|meiner|dem arbeit|schule|dienst|schicht|job|feierabend",
    ),
    busy=_both(
        "urlaub*|ferien|verreist|verreise|verreisen|reise|dienstreise|geschäftsreise|arbeite|arbeiten|"
        "arbeit|arbeitn|"
        "dienst|dienste|dienstlich|schicht*|nachtschicht|frühschicht|spätschicht|nachtdienst|krank|"
        "krankenhaus|spital|reha|kur|"
        "operation|operiert|op|geburtstag*|hochzeit*|schule|uni|prüfung*|klausur|besprechung*|meeting*|"
        "konferenz|"
        "verhindert|ausgebucht|belegt|besetzt|verplant|beschäftigt|auswärts|zahnarzt*|physio*|vergeben|"
        "taufe|umzug|"
        "besuch|ausland|montage|seminar|kurs|schulung|fortbildung|messe|flug|fliege|hackn|hackeln|büro|"
        "tagung|gericht|"
        "begräbnis|beerdigung|elternabend|kindergarten|kita|babysitten|betriebsausflug|feiertag|"
        "training|friseur|unterwegs|weg|außer|lernen|studium|termine|fahre|fahren|feier|feiern|party|"
        "handwerker",
        "kein*|koa|ka|ke zeit|auto|möglichkeit|babysitter|luft",
        "kann|kanns|konn|können ... nicht|ned|net|nöd|nich|nit|nimmer|leider|schlecht|nie",
        "nicht|ned|net|nöd da|hier|zuhause|daheim|verfügbar|frei|können",
        "anderen|ander*|wichtigen|dringenden|eigenen ... termin",
        "schon was vor|anderes",
        "was|etwas vor",
        "zu tun",
        "habe|hab|haben ... bis",
        "bin|binn ... in|im|bei|auf|beim|am|nach",
        "schlecht|ungünstig|unmöglich|schwierig|ungut|doof|blöd",
        "geht's|gehts|geht nicht|ned|net|schlecht",
    ),
    declines=_both(
        "kein*|koa|ka|ke ... interesse|bedarf|lust|wunsch|bock|zeit|nerven|termin|termine|kontrolle|"
        "untersuchung|"
        "vorsorge|behandlung|besuch|grund|anlass",
        "interesse ... kein*|nicht|null|verloren",
        "nicht ... interessiert|interessant|nötig|notwendig|erforderlich|gewünscht|dabei",
        "will|wü|möchte|mag|mog|wollen|möchten|möcht|wollte|würde ... nicht|ned|net|nöd|nimmer|nich|nit|"
        "niemals|kein*",
        "will|möchte|mag|wü ... nichts|nix davon|mehr|haben|wissen|machen",
        "hätte gern|gerne kein*",
        "nicht|ned|net|nie ... will|möchte|mag|wollen|möchten",
        "nein|na|nö|nee|noe lieber|nicht|wirklich|kein*|brauche",
        "danke nein|nö|nee|kein*|nicht|ned|net|aber",
        "lieber|eher|besser nicht|ned|net|nöd|kein*|nich",
        "derzeit|aktuell|momentan|zurzeit|heuer|diesmal|jetzt|zz|vorerst|augenblicklich ... nicht|nein|"
        "kein*|ned|net|nichts",
        "im moment|augenblick ... nicht|kein*|nein|ned",
        "zur zeit nicht|kein*|nein|nichts",
        "nicht|ned|net|nöd jetzt|mehr nötig|zurzeit|derzeit|aktuell|momentan|heuer|diesmal|zur|im|notwendig|"
        "nötig",
        "dieses mal nicht|kein*",
        "brauch*|brauche|brauchen|benötig*|brauchts|bruche|brauch ... nicht|ned|net|nöd|kein*|nichts|nix|"
        "nimmer|nich|nit",
        "war|bin|waren|bi ... schon|bereits|erst|gerade|kürzlich|letzte*|neulich|kurzem",
        "schon|bereits|gerade|kürzlich|letzte* ... gewesen|erledigt|gemacht|durch|hinter|untersucht|lassen|"
        "dort|da|gsi",
        "anderen|anderer|anderem|neuen|neuer|neue|neuem|andern|andere ... arzt|ärztin|praxis|zahnarzt|"
        "zahnärztin|klinik|"
        "hausarzt|hausärztin|doktor|frauenarzt|augenarzt|spital|ordination",
        "arzt|praxis|hausarzt|zahnarzt|ärztin ... gewechselt|gefunden|wechsle|wechseln",
        "bei einem|einer anderen|andern",
        "woanders|anderswo|anderweitig",
        "umgezogen|weggezogen|verzogen|ausgewandert|umzogn|hergezogen",
        "wohne|lebe|wohn ... nicht|nimmer|woanders|jetzt",
        "nicht mehr in ... deutschland|österreich|schweiz|stadt|nähe",
        "hat|hot ... erledigt",
        "erledigt|hinfällig|gegenstandslos",
        "vergiss|vergesst|vergessen es|s|sie es|das",
        "könnt|können ... vergessen|knicken|sparen",
        "sicher|bestimmt|gewiss|garantiert|definitiv|ganz nicht|ned|net|nöd",
        "auf keinen fall",
        "unter keinen umständen",
        "keinesfalls|niemals|verzichte|verzichten|unnötig|überflüssig|quatsch|schmarrn|blödsinn|entfällt|"
        "ungern",
        "nie|niemals im leben|wieder|mehr",
        "ja|na klar nicht|ned|net|eh|sicher",
        "ja ja|jaja ... klar|schon",
        "jaja",
        "träum* weiter|süß",
        "von wegen",
        "denkste|wers glaubt|pustekuchen|schwachsinn",
        "wer's|wer es glaubt",
        "mir|uns gehts|geht|gets ... gut|besser|super|prima|bestens|wunderbar|nichts|blendend|ausgezeichnet|"
        "guat",
        "geht|gehts es|mir|uns|wieder ... gut|besser|super|prima|bestens|wunderbar|guat",
        "bin ... gesund|beschwerdefrei|fit|zufrieden|geheilt|schmerzfrei|wohlauf",
        "kein* beschwerden|schmerzen|probleme mehr",
        "beschwerden|schmerzen|problem ... weg|verschwunden|vorbei",
        "nicht|ned|net wieder|mehr ... kommen|hin|zu ihnen|euch|dort",
        "denke|glaube|glaub|denk nicht|ned|net|nöd|kaum",
        "glaub*|glaube|denke ... nicht|ned|net|kein*",
        "ohne mich",
        "aus dem alter raus",
        "angst",
        "bleib* ... bei ... alten|meinem|meiner",
        "net interessiert",
        "kommt nicht ... frage|infrage",
        "nicht in frage",
        "keine rede",
        "nichts für mich",
        "lass*|lasse ... es|das ... sein|bleiben|gut sein",
        "lassen wir|ma das|es",
        "passe diesmal|lieber|danke",
    ),
    wants_visit=_both(
        "termin vereinbaren|buchen|ausmachen|machen|haben|bekommen|reservieren|kriegen|ausmacha|abmachen|"
        "mache",
        "termin bitte|gern*|gerne|erwünscht|gewünscht|please",
        "bitte|gern*|gerne|ja ... einen|um|ein|nen|an|den termin",
        "bitte|gern|gerne|ja um terminvorschlag*|terminvorschläge|terminvereinbarung|termine",
        "warum|wieso nicht",
        "bitte|gern|gerne|ja termin|terminvorschlag*|termine",
        "hätte|hätt|hatt|hät ... gern|gerne ... termin*|vorsorge|kontrolle|untersuchung",
        "würde|würd gern|gerne ... termin*|vorsorge*|kontrolle|untersuchung",
        "möchte|will|mag|wollte|brauch|brauche|bräuchte|bräucht|benötige|wünsche|hätte|möcht|wü|"
        "bruche|mecht|"
        "bräuchten|möchten|wollen|brauchen|bräuchad ... termin*|vorsorge*|kontrolle|untersuchung|"
        "kontrolltermin",
        "möchte|will|mag|würde|wollte|möcht|wü|möchten|wollen|mecht|wott ... kommen|vorbeikommen|"
        "vorbeischauen|kumma|cho|"
        "kemma",
        "würde|würd|komme|komm|kommen|kumm|kimm gern|gerne|gärn",
        "gern|gerne ... kommen|vorbeikommen|wahrnehmen|vorbei",
        "kann|könnte|könnt|dürfte|können|könnten|darf ... ich|wir|i ... kommen|vorbeikommen|vorbeischauen|"
        "cho|kumma",
        "kann|könnte|könnten|können|darf ... ich|wir|i|mir ... termin ... haben|bekommen|kriegen|buchen|"
        "vereinbaren|machen",
        "termin ... geben|anbieten|vorschlagen",
        "geben|gebts|gebt|gib sie|ma|mir|uns ... termin",
        "anmelden|vormerken|einschreiben|terminvereinbarung|terminanfrage|terminwunsch",
        "melde mich ... an",
        "trag|tragen|tragt|trage|tragn ... mich|uns|mi|ma ... ein",
        "schreib|schreiben|schreibt|schreibn ... mich|uns|mi|ma ... auf|ein",
        "merk*|merken ... mich|uns ... vor",
        "hab|habe|haben|hätte|hätten|besteht|großes ... interesse",
        "interesse ja|besteht|vorhanden",
        "bin|wär|wäre|sehr ... interessiert",
        "interesse",
        "bin dabei|interessiert",
        "mach|machen|mache|mochn ... termin ... aus|fix|ab|mit",
        "machen wir ... termin|aus",
        "zeit wird|wirds|wäre",
        "schick*|schicken|senden ... terminvorschl*|termine|vorschläge",
        "buchen sie",
        "buche|buchen ... mich|mir|uns",
        "reservier*|reservieren ... mir|uns|mich",
    ),
    confirm=_both(
        "bin|sind pünktlich|rechtzeitig da|dort",
        "werde|werd|werden da|dort|dabei sein",
        "werde|werd|werden ... da|dort sein",
        "bestätige|bestätigt",
        "ich|i|wir|hiermit bestätig|bestätigen",
        "ich|i|wir|mir komme|komm|kommen|kumm|kimm|chume|chum|kemman",
        "komme|komm|kommen|kumm|kimm|chume|chum ich|i|wir|gern|gerne|mir|vorbei|natürlich|sicher",
        "komme|komm|chume|kumm",
        "werde|werd|wird|werden ... kommen|sein|dasein|erscheinen|anwesend",
        "bin|sind|bi ... da|dabei|dort|pünktlich|do",
        "nehme|nehm|nehmen|nimm ... wahr|war",
        "termin passt|steht|bleibt|geht|klappt|fix|fixiert|notiert|past|basst",
        "bis morgen|nachher|gleich|montag|dienstag|mittwoch|donnerstag|freitag|samstag|mo|di|mi|do|fr",
        "wir sehen uns",
        "sehen uns",
        "bleibt dabei|so",
        "es bleibt dabei",
        "halte ... termin ein",
        "zusage|sage zu",
        "sage ... zu",
        "kann ich|i kommen",
        "ich|i|wir kann|können kommen",
        "freu|freue|freuen ... drauf|darauf",
    ),
    yes=_both(
        "ja|j|jo|jaa|jaaa|jaaaa|jup|jupp|jep|jepp|jap|yep|yes|jawohl|jawoll|jawoi|jou|joo|jooo|tak",
        "ok|okay|oki|okey|oke|okee|okii|okidoki|okeydokey|okayy|k|kk",
        "gern|gerne|gärn|gärne|liebend",
        "klar|klaro|logo|logisch|natürlich|selbstverständlich|selbstredend|sicher|freilich|unbedingt|"
        "definitiv|"
        "jedenfalls|absolut|sowieso",
        "passt|passd|passts|past|basst|passt's|paßt",
        "einverstanden|gut|guat|super|prima|perfekt|wunderbar|bestens|top|ausgezeichnet|optimal|ideal|"
        "spitze|klasse|"
        "hervorragend|tiptop|fein|supi|suppa|suppi|passend",
        "geht|gehts|goht|geht's",
        "guet",
        "klappt|klappts",
        "genau|richtig|korrekt|stimmt|abgemacht|gebongt",
        "in ordnung|ordung",
        "alles klar",
        "klingt|hört sich ... gut|super|perfekt|prima|toll",
        "machen|mach|mache wir|ich|ma|i ... so|gern|gerne",
        "machen wir|ma",
        "mach|mache|mach' ich|i",
        "auf jeden fall|jedenfall",
        "aufjedenfall|aufjeden|jedenfalls",
        "von mir aus",
        "meinetwegen",
        "würde|würd ... passen|gehen|klappen|gefallen",
        "ist|wäre|waere recht|ok|gut|super|perfekt|prima|möglich",
        "recht so|wärs|wäre",
        "ich|i|wir kann|konn|können",
        "kann|konn ich|i",
        "habe|hab ich|i zeit",
        "ich|i habe|hab zeit",
        "ich|wir nehme|nehm|nehmen",
        "nehme|nehm|nehmen ich|wir|den|das|die|ihn|i",
        "+",
        "daumen hoch",
    ),
    agreed=_both(
        "kein|keine|koa|ke problem|probleme|thema|ding|ursache|einwände|einwand|stress",
        "gar kein problem",
        "warum|wieso|weshalb nicht|net|ned|nöd|eigentlich",
        "nichts|nix|nicht|ned dagegen",
        "spricht nichts dagegen",
        "ohne problem|probleme",
        "aber gern|gerne|klar|sicher|natürlich|selbstverständlich|ja|freilich|unbedingt|sehr|hallo",
        "na klar|gut|sicher|logo|schön|dann|gern|gerne|freilich|natürlich",
        "wie besprochen|vereinbart|abgemacht|vorgeschlagen|ausgemacht",
        "nicht|net|ned schlecht",
        "nicht verkehrt",
        "kann nicht besser passen",
        "besser gehts|geht nicht",
        "da sage|sag ich nicht nein",
        "nicht nein sagen",
    ),
    no=_both(
        "nein|neinn|neiiin|n|ne|nee|neee|nö|nöö|noe|nope|no|leider|niemals|nie|nop|nei|naa|nah|nicht|"
        "njet|keinesfalls|ney|noi|nix",
    ),
    negation=_both(
        "nicht|nich|nciht|nihct|nicth|net|ned|nit|nöd|nid|kein|keine|keinen|keiner|keinem|keines|keins|koa|"
        "koan|koane|koana|"
        "nie|niemals|nimmer|nichts|nix|nüt|nein|nee|nö|noe|ne|nei|weder|ohne|unmöglich|ausgeschlossen|"
        "ungern|schlecht|ungünstig|"
        "keinesfalls|keineswegs|kaum|niemand|nirgends|außer|nichtmehr|nirgendwo|nope|ungeeignet|unpassend|"
        "verhindert|"
        "ablehnen|lehne|lehn|dagegen|keinerlei|ke",
    ),
    doubt=_both(
        "bekommen|erhalten|gekommen|englisch|deutsch|rechnung",
        "monat|nachts|wöchentlich",
        "jede woche",
        "rechnung|rechnungen|rezept|rezepte|adresse|newsletter|tabletten|post",
        "vielleicht|vllt|villeicht|vieleicht|vlt|viell|evtl|evt|eventuell|eventuel|wenn|wen|wenns|falls|"
        "sofern|soweit|ob|"
        "aber|jedoch|allerdings|abr|oba|aba|obwohl|trotzdem|erst|zuerst|zunächst|vorher|bevor|ehe|sobald|"
        "solange|statt|"
        "anstatt|anstelle|stattdessen|eher|oder|odr|denke|denk|glaube|glaub|vermutlich|wahrscheinlich|"
        "hoffentlich|hoffe|"
        "mutmaßlich|irgendwann|demnächst|später|unsicher|spontan|vorausgesetzt|jein|theoretisch|"
        "grundsätzlich|prinzipiell|"
        "eigentlich|notfalls|möglicherweise|womöglich|bescheid|bscheid|melde|meld|melden|meldn|überleg*|"
        "überdenk*|"
        "nachdenk*|drüber|darüber|abklär*|kläre|klären|klärt|klaere*|frag|frage|fragen|nachfragen|prüf*|"
        "check*|checke|"
        "abhängig|unentschlossen|unentschieden|naja|mah|joa|ungefähr|höchstens|vorerst|erstmal|derweil|"
        "einstweilen|provisorisch|vorläufig|vorbehalt|"
        "vorbehaltlich|unverbindlich|bedingung|sonst|ansonsten|weiß|weiss|woas|wissen|schaue|schau|schauen|"
        "guck*|kuck*|"
        "luege|abwarten|warten|warte|egal|außer|versuche|versuch|probiere|bemühe|müsste|"
        "sollte|sollten|ungern|zögere|zweifel*",
        "je nach",
        "bis januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|ende|anfang|"
        "nächst*|herbst|"
        "frühjahr|sommer|winter|neujahr|dahin|zum",
        "komme|komm|kommen|bin ... lieber|besser|nur|eher",
        "sondern",
        "bitte ... mail|email|anrufen|brief|post|whatsapp|telefonisch",
        "mal sehen|schauen|gucken|kucken|schaun|schaug|überlegen",
        "kommt ... drauf|darauf an",
        "sag|sage|gebe|geb|gib ... bescheid|info|rückmeldung",
        "muss|müssen|muass ... schauen|fragen|klären|arbeiten|überlegen|besprechen|sehen|abklären|gucken|"
        "organisieren|"
        "wissen|noch|erst",
        "im|in urlaub",
        "schon|scho was|etwas",
        "was|etwas vor",
        "na ja",
        "wenn's|wenn es",
        "nur ... per|mail|sms|email|whatsapp|post|telefon|anrufe|abends|nachts|wenn|falls",
        "lieber ... per|mail|sms|email|whatsapp|post|telefon|anrufen|schreiben|brief",
        "bis auf",
        "bis ich",
        "zur not",
        "passt schon",
        "zu spät|früh",
        "in der nacht",
        "noch nicht",
    ),
    filler=_both(
        "so",
        "bitte|bitteschön|biite|bitt|pls|biitte|bidde|bittschön|bittsche",
        "den|die|der|das|dem|dn|diesen|dieser|dieses|dies|diese",
        "ein|eine|einen|einem|einer|nen",
        "termin|terminvorschlag|option|nummer|nr|variante|vorschlag|möglichkeit|slot|termn|termi|temrin",
        "ich|i|mir|mich|mi|ma|wir|uns|sie|ihnen|euch|du|dir|es|s|is",
        "ihr|ihren|ihrem|meinen|mein|unseren termin|vorschlag|angebot|terminvorschlag",
        "der|den|diesen|dieser|dem vorschlag|tag|zeitpunkt",
        "das|die|diese angebot|datum|uhrzeit|zeit|möglichkeit|option",
        "tag|datum|uhrzeit|zeit|vorschlag ... passt|geht|ist",
        "nehme|nehm|nehmen|nimm|wähle|wähl|buche|buchen|buch|reservieren|reservier|reserviere|eintragen|"
        "einbuchen|"
        "vormerken|bevorzuge|entscheide|favorisiere|bestätige|fixieren|fix",
        "trag|tragen|tragt|trage ... mich|uns|ihn|mi ... ein",
        "trag|tragen|tragt|trage sie|mich|uns",
        "schreib|schreiben|schreibt ... mich|uns ... auf|ein",
        "für|fürs|zum|fia",
        "möchte|will|möcht|mag|mecht",
        "würde|würd gern|gerne|nehmen|sagen|wählen|buchen|kommen|passen",
        "würde ich|i ... nehmen|wählen|sagen|buchen|passen",
        "ich|i|wir würde|würd|würden",
        "würde|würd|würden ich|wir|i|den|die|das|gern|gerne",
        "hätte|hätt gern|gerne",
        "danke|dank|dankeschön|dankschön|dankeee|dankee|thx|merci|donkschen|dankesehr|vielen|herzlichen|"
        "besten|tausend|"
        "lieben|schönen|vielmals|sehr|nochmals",
        "hallo|hi|hey|hei|servus|moin|grüezi|griaß|hallöchen|halo|hoi|salü|seas|huhu",
        "grüß|gruess|griaß gott|dich|sie|euch|di|ihnen",
        "guten|schönen|gute|gutn morgen|tag|abend|mittag|nachmittag|nacht|vormittag",
        "schönes|schöns|erholsames wochenende|wochenend|we",
        "einen|noch|ihnen schönen|schöne|guten tag|abend|woche|nachmittag|vormittag",
        "schöne woche",
        "sehr geehrte|geehrter|geehrtes|geehrten",
        "liebe|lieber|liebes frau|herr|praxis|praxisteam|team|doktor|damen",
        "frau|herr|hr doktor|dr|med|professor|prof",
        "praxis|praxisteam|ordination",
        "damen und herren",
        "und|u|dann|also|eh|halt|einfach",
        "toll|schoen|schöne|cool|geil|mega|genial|passend",
        "am besten|liebsten|ehesten",
        "kann|konn",
        "kommen|vorbeikommen|vorbei",
        "ist|is|isch|wäre|waere",
        "sagen wir",
        "bin ich|i",
        "freu|freue|freuen mich|uns|mi",
        "mich|uns freuen|freut",
        "hab|habe ... zeit",
        "zeit habe|hab|hätte",
        "ich|i hab|habe",
        "bei ihnen|euch|uns|mir",
        "da hab|habe|kann|passt|geht",
        "dafür|hierfür|für den",
        "#",
        "sehr|ganz gut|recht|gern|gerne",
        "so machen",
        "mir|uns recht|lieb",
        "haha",
        "hier ist",
        "danke|dank|sehr|wäre|ist|recht|bitte schön",
        "pünktlich",
        "mit dem|den|diesem",
        # A refusal that something else depends on is seen by its negation.
        "hiermit|von|punkte|punkten|gebe|geb|euer|eurem|ihrem|ihrer",
        "mit freuden|vergnügen",
        "wunschtermin",
        "von mir aus",
        "für die|das|den erinnerung|terminvorschlag|angebot|terminvorschläge|vorschläge|antwort",
    ),
    farewell=_both(
        "lg|mfg|vg|glg|bg|hg|mfg|lgr",
        "viele|liebe|beste|herzliche|freundliche|schöne|freundlichen|lieben|besten|herzlichen|schönen grüße|"
        "grüßen|gruß",
        "mit freundlichen|besten|freundlichem|lieben grüßen|gruß|grüße",
        "mit freundlichen",
        "grüße|grüsse|gruesse|grüssle|grüßle",
        "hochachtungsvoll|tschüss|tschüß|tschüs|tschau|ciao|pfiat|pfiati|baba|ade|wiedersehen",
        "auf wiedersehen|wiederschauen",
        "bis dann|bald|dahin",
    ),
    ordinals={
        **dict.fromkeys(
            ("erste", "ersten", "erster", "erstes", "erstere", "ersteren", "eins", "1er", "1te", "1ten"), 1
        ),
        **dict.fromkeys(("zweite", "zweiten", "zweiter", "zweites", "zwei", "zwo", "2te", "2ten", "2er"), 2),
        **dict.fromkeys(("dritte", "dritten", "dritter", "drittes", "drei", "3te", "3ten", "3er"), 3),
        **dict.fromkeys(("vierte", "vierten", "vierter", "viertes", "4te", "4ten"), 4),
        **dict.fromkeys(("fünfte", "fünften", "fünfter", "fünftes", "fuenfte", "fuenften"), 5),
        **dict.fromkeys(("letzte", "letzten", "letzter", "letztes", "letztere", "letzteren"), -1),
    },
    scores={
        "null": 0,
        "eins": 1,
        "zwei": 2,
        "zwo": 2,
        "drei": 3,
        "vier": 4,
        "fünf": 5,
        "fuenf": 5,
        "sechs": 6,
        "sieben": 7,
        "acht": 8,
        "neun": 9,
        "zehn": 10,
    },
    time=TIME,
    unsure=(
        "ja ja",
        "ja und",
        "ja toll",
        "gern wurde ich",
        "alles klar",
    ),
)
