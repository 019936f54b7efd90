"""Polish.

Written as people type it: without accents, in haste, politely and rudely. A gap (`...`) is up to three words.
"""

from __future__ import annotations

from nextvisit.understanding.lexicon import Lexicon, TimeWords

TIME = TimeWords(
    not_time=(
        "milego wieczoru",
        "milego dnia",
        "milego popoludnia",
        "dobry wieczor",
        "milego weekendu",
        "udanego weekendu",
        "milego poranka",
        "spokojnego wieczoru",
    ),
    weekdays={
        "poniedzial": 0,
        "wtorek": 1,
        "wtorku": 1,
        "wtorki": 1,
        "wtorkow": 1,
        "sroda": 2,
        "srode": 2,
        "srody": 2,
        "srodzie": 2,
        "czwartek": 3,
        "czwartk": 3,
        "piatek": 4,
        "piatku": 4,
        "piatki": 4,
        "piatkow": 4,
        "piatecz": 4,
        "sobot": 5,
        "niedziel": 6,
    }
    | {"pon": 0, "pn": 0, "wt": 1, "wto": 1, "sr": 2, "czw": 3, "pt": 4, "piat": 4, "sob": 5, "niedz": 6},
    months={
        "stycz": 1,
        "lut": 2,
        "marc": 3,
        "marzec": 3,
        "kwiet": 4,
        "kwiec": 4,
        "maj": 5,
        "czerw": 6,
        "lip": 7,
    }
    | {"sierp": 8, "wrzes": 9, "pazdz": 10, "listop": 11, "grud": 12},
    relative={
        "pojutrze": 2,
        "po jutrze": 2,
        "pojutrzejszy": 2,
        "jutro": 1,
        "jutra": 1,
        "jutrzejszy": 1,
        "jutrzejsza": 1,
        "jutrzejszego": 1,
        "jutrze": 1,
        "jotro": 1,
    }
    | {"dzisiaj": 0, "dzis": 0, "dzisiejszy": 0, "dzisiejsza": 0, "dzisaj": 0, "dzisiej": 0},
    # "W przyszłym tygodniu w piątek" is read as "za tydzień w piątek": the Friday of that week.
    within=(
        "za",
        "przyszlym",
        "przyszlego",
        "przyszly",
        "nastepnym",
        "nastepnego",
        "nastepny",
        "kolejnym",
        "kolejnego",
    ),
    units={"dzien": 1, "dni": 1, "tydzien": 7, "tygod": 7, "tydz": 7, "tyg": 7, "miesiac": 30, "miesiec": 30},
    numbers={
        "jeden": 1,
        "dwa": 2,
        "dwie": 2,
        "trzy": 3,
        "cztery": 4,
        "piec": 5,
        "szesc": 6,
        "siedem": 7,
        "osiem": 8,
        "dziewiec": 9,
        "dziesiec": 10,
    },
    following=("nastepn", "przyszl", "kolejn"),
    week=("tydzien", "tygodni", "tydz"),
    parts={
        "rano": "morning",
        "ranka": "morning",
        "rankiem": "morning",
        "z rana": "morning",
        "poranek": "morning",
        "porann": "morning",
        "przed poludniem": "morning",
        "przedpoludni": "morning",
        "do poludnia": "morning",
        "po poludni": "afternoon",
        "po poludnu": "afternoon",
        "popoludni": "afternoon",
        "po szkole": "afternoon",
        "po lekcjach": "afternoon",
        "wieczor": "evening",
        "po pracy": "evening",
        "poludnie": "midday",
    },
    at=("o", "godz", "godzin", "godzina", "godzine", "godzinie", "na", "okolo", "kolo"),
    after=("po", "od", "nie wczesniej niz", "najwczesniej o", "najwczesniej", "dopiero po", "dopiero od"),
    before=("przed", "do", "nie pozniej niz", "najpozniej o", "najpozniej do", "najpozniej"),
    hour_units=("h", "godz", "godzin", "godzina", "godzinie"),
    split=(
        *("ale", "tylko", "lepiej", "raczej", "wole", "wolalbym", "wolalabym", "za to", "natomiast", "lecz"),
        *("jednak", "a"),
    ),
    negation=("nie", "oprocz", "procz", "poza", "odpada", "odpadaja", "wykluczony", "wykluczone", "zamiast"),
    hours={"osmej": 8, "dziewiatej": 9, "dziesiatej": 10, "jedenastej": 11, "dwunastej": 12, "pierwszej": 13}
    | {"drugiej": 14, "trzeciej": 15, "czwartej": 16, "piatej": 17, "szostej": 18, "siodmej": 19}
    | {"trzynastej": 13, "czternastej": 14, "pietnastej": 15, "szesnastej": 16, "siedemnastej": 17}
    | {"osiemnastej": 18, "dziewietnastej": 19, "dwudziestej": 20}
    | {"osma": 8, "dziewiata": 9, "dziesiata": 10, "jedenasta": 11, "dwunasta": 12, "pierwsza": 13}
    | {"druga": 14, "trzecia": 15, "czwarta": 16, "piata": 17, "szosta": 18, "siodma": 19}
    | {"trzynasta": 13, "czternasta": 14, "pietnasta": 15, "szesnasta": 16, "siedemnasta": 17}
    | {"osiemnasta": 18, "dziewietnasta": 19, "dwudziesta": 20},
    half=("wpol do", "w pol do", "pol do"),
    quarter_past=("kwadrans po", "15 po"),
    quarter_to=("za kwadrans", "kwadrans przed", "za 15"),
    day_of_month=("bm",),
)

_KIN = (
    "syna|synka|synowi|synkowi|corke|corki|corce|coreczke|coreczki|coreczce|dziecko"
    "|dziecka|dziecku|dzieci|dzieciom"
    "|meza|mezowi|zone|zony|zonie|mame|mamy|mamie|mamusie|tate|taty|tacie|tatusia|ojca|ojcu|matke|matki|matce"
    "|babcie|babci|dziadka|dziadkowi|wnuka|wnuczke|wnuczki|brata|bratu|siostre|siostry"
    "|siostrze|tesciowa|tesciowej"
    "|tescia|rodzicow|partnera|partnerke|partnerki|chlopaka|dziewczyne|dziewczyny|narzeczonego|narzeczona"
    "|kolege|kolegi|kolezanke|kolezanki|przyjaciolke|przyjaciela|sasiadke|sasiada|ciocie|wujka|mlodego|mloda"
)
_KIN_SUBJECT = (
    "syn|synek|corka|corcia|coreczka|dziecko|dzieci|maz|zona|mama|mamusia|tata|tatus"
    "|ojciec|matka|babcia|dziadek"
    "|wnuk|wnuczka|brat|siostra|tesciowa|tesc|rodzice|partner|partnerka|chlopak"
    "|dziewczyna|narzeczony|narzeczona"
    "|kolega|kolezanka|przyjaciolka|przyjaciel|sasiadka|ciocia|wujek"
)
_MESSAGES = (
    "wiadomosci|wiadomosc|wiadomosciami|sms|smsow|smsy|smsami|smsa|esemesow|esemesy|esemesami|esow|mms"
    "|powiadomien|powiadomienia|reklam|reklamy|spamu|korespondencji|newslettera|newsletterow|maili|mejli"
)
_WRITE = "pisac|wysylac|przysylac|przesylac|slac|nadsylac|wypisywac|kontaktowac|smsowac|esemesowac|spamowac"
_STRIKE = (
    "usun|usuncie|usunac|usunmy|skasuj|skasujcie|skasowac|wykasuj|wykasujcie|wykasowac"
    "|wykresl|wykreslcie|wykreslic"
    "|skresl|skreslcie|skreslic|wymaz|wymazcie|wymazac|wyrzuc|wyrzuccie|wyrzucic"
    "|usuniecie|usuniecia|wykreslenie"
    "|wykreslenia|skasowanie|skasowania|wywalcie|wywal"
)
_DOCTOR = (
    "lekarz*|dentyst*|stomatolog*|specjalist*|doktor*|przychodni*|klinik*|gabinet*|poradni*|fizjo*|ortodont*"
)

_URGENT_BODY = (
    "mnie tu ... nie będzie",
    "tu mnie ... nie będzie",
    "listy & napisane|pożegnalne",
    "wszystko & przygotowane|przygotowałam|przygotowałem|załatwione ... listy",
    "pomocy|ratunku",
    "rodzę|rodze",
    "serce stoi|stanęło|staje",
    "dostałam|dostałem ataku",
    "bardzo źle ... czuję|mną",
    "źle ze mną",
    "złamał*|złamana|złamany & biodro|szyjk*|udo|miednic*|kręgosłup",
    "nie mogę|moge wstać|wstac|podnieść|podniesc",
    "spadł*|upadł* & nie mogę|wstać|rusza",
    "leżę na podłodze",
    "się & krztusi|krztuszę|dławi|dławię",
    "sinieje|zsiniał|zsiniała|zsiniało|sina|siny & usta|twarz|dziecko|dziadek|babcia|mąż|cały|cała",
    "dziecko|dziadek|babcia|mąż|żona ... zsiniało|zsiniał|zsiniała|sinieje",
    "nie rusza|ruszą|poruszam się",
    "się nie rusza",
    "wody ... odeszły|poszły",
    "wypadek|wypadku & krwi|krew|ranny|ranni",
    "przestałem|przestałam|nie widzę|widzi|widzieć ... oko|oczy|nic",
    "nagle & widzę|widzieć|widzi",
    "coś sobie|sobie coś zrobić|zrobie|zrobię",
    "upadł|upadła|upadło|przewrócił|przewróciła & nie odpowiada|reaguje|wstaje|rusza",
    "nie odpowiada|reaguje & upadł|upadła|leży",
    "głosy & każą|mówią|rozkazują|zmuszają",
    "nie jestem|czuję ... bezpieczna|bezpieczny ... domu",
    "tracę|traci|tracimy przytomność",
    "mnie ... już|więcej nie będzie ... świecie",
    "już mnie ... nie będzie ... świecie|wtedy",
    "stoję|siedzę|jestem ... moście|dachu|torach|parapecie|krawędzi",
    "skończyć z tym|sobą|życiem|wszystkim",
    "żegnam się z wami|życiem|światem",
    "żegnajcie",
    "cukier|glukoza & 280|300|350|400|450|500|600",
    "czarny|czarne|smolisty|smoliste & stolec|stolce|kupa",
    "zimny pot|zimne poty|zimnym potem",
    "nie rusza|porusza|budzi się",
    "nie reaguje|oddycha|kontaktuje",
    "wypił|wypiła|połknął|połknęła|połknęło & płyn|detergent|domestos|kreta|baterię|bateryjkę|monetę|środek|wybielacz|magnes",
    "nie moge|moze|mogla|mogl|umie|potrafi & oddych*",
    "zwiotcz*|bezwlad*|zwisa|opada & reka|reke|noga|noge|ramie",
    "placze|plata|placza & jezyk",
    "nie moge|moze ... nic|slowa powiedziec|wydusic|wykrztusic",
    "upadl*|przewrocil*|spadl* & nie wstaje|rusza|podnosi|kontaktuje",
    "ukasil*|ugryzl* & zmija|zmije|waz",
    "skurcze co",
    "miesiace|miesiecy|miesiac|tygodniowe|miesieczn* & 38|39|40|41|goraczk*",
    "slabo & serce|klatk*|pot|poty",
    "zimny|zimne pot|poty",
    "nie slysze|czuje ... nog|rak",
    (
        "bol|bole|bolu|bolem|boli|bola|bolal*|kluj*|klucie|klucia|kuje|kucie|scisk*|ucisk*"
        "|piecze|pieczenie|pali|gniec*"
        "|uciska*|rozpiera*|dusi|cisnie|ciezar|kamien & klatce|klatka|klatke|klatki|klacie"
        "|piersiowej|piersiowa|zamostk*"
    ),
    "bol|bolu|boli|bolal*|kluj*|klucie|piecze|pieczenie|pali|gniec*|ucisk*|rozpiera* & za mostkiem",
    "mostek|mostku|mostkiem|piersiach & piecze|pali|gniecie|rozpiera|uciska|sciska|kluje|dusi|boli",
    (
        "serce|sercu|serca & boli|bola|bol|kluje|klucie|wali|kolacze|kolatan*|szaleje|ucieka"
        "|staje|stanelo|scisk*|piecze"
    ),
    "nie|ledwo|ciezko|trudno|trudnosci|problem*|klopot* ... oddych*|oddech|oddechem|oddechu|tchu",
    "nie|ledwo|ciezko|trudno ... zlapac|lapie|lapac|nabrac|wziac|zaczerpn* ... tchu|oddech*|powietrz*",
    "brak*|brakuje ... tchu|powietrza|oddechu",
    "dusze|dusi|dusza|dusil*|dusimy sie",
    "dusi mnie|go|ja|nas",
    "mnie dusi",
    "dusznosc*|dusznic*",
    "duszno mi|jej|jemu",
    "mi duszno",
    "sina|sine|siny|sinieje|sinieja & usta|twarz|wargi|dziecko|cala|caly",
    "zadlaw*|zakrztus*|zaksztus*|zachlysn*",
    (
        "wykrzyw*|skrzywi*|krzywa|krzywe|opadl*|opada|wykrec*|sciagn* & twarz|twarzy|buzia"
        "|buzi|buzie|usta|ust|kacik*|policzek"
        "|geba|gebe"
    ),
    "belkot*|belkocz*|sepleni & nagle",
    "belkot*|belkocz*",
    "nie moge|moze|potrafi|umie|mogla|mogl mowic|wymowic|wyslowic|przelykac|przelknac",
    "stracil*|odebralo|odjelo|zaburzen* & mowe|mowy|czucie|czucia|wladze|wzrok|widzenie",
    (
        "dretwi*|zdretwi*|odretwi*|zdretwial*|cierpnie|niedowlad*|bezwladn*|oslabl*|slabnie|slaba"
        " & reka|reke|rece|reki|ramie|ramienia|noga|noge|nogi|twarz*|polowa|polowe|strona"
        "|strony|bok|ciala|cialo"
    ),
    "nie czuje|czuc & reki|reke|nogi|nog|twarzy|polowy|strony|ciala|rak",
    (
        "nie moge|moze ... ruszyc|ruszac|podniesc|poruszyc|poruszac ... reka|reki|noga|nogi"
        "|ramienia|ramieniem|rekami|nogami"
    ),
    "paraliz|sparalizowa*|paralizu|niedowlad*",
    "udar|udaru|udarem|udarze|wylew|wylewu|wylewem",
    "zawal|zawalu|zawalem|zawale|zawalowy|zawalik",
    "zemdl*|omdl*|zaslab*|mdleje|mdleja|omdlew*|nieprzytomn*",
    "traci*|stracil*|utrat* ... przytomn*|swiadomosc|swiadomosci",
    "nie oddycha|reaguje|odzyskal*|odzyskuje",
    "drgawk*|drgawek|konwulsj*",
    "atak|napad ... padacz*|epileps*",
    "padaczki|epilepsji|atak & dostal*|dostaje",
    "anafilak*|wstrzas|wstrzasu",
    (
        "puchn*|spuch*|opuch*|obrzek*|zapuch*|zaciska & gardlo|gardle|gardla|jezyk|jezyka"
        "|krtan|krtani|usta|wargi"
    ),
    "uczul*|alergi* & dusz*|silna|silne|wstrzas*|puchn*|spuch*|opuch*|ciezka",
    "uzadl*|ugryzl* & puchn*|spuch*|dusz*|uczul*|zmija",
    "karetk*|pogotowi*|ratunku|ratujcie",
    "dzwonic|dzwonie|zadzwonic|wzywac|wezwac & 112|999|pogotowie",
    "natychmiast*|pilnie|pilnej|naglej|szybkiej ... pomoc|pomocy",
    "stan|zagrozenie|zagraza & zyciu|zycia|krytyczny",
    "umieram|umiera|konam",
)
_URGENT_BLOOD = (
    (
        "polkn*|wzial*|wziel*|lykn*|zazyl*|zjadl* ... paczke|paczki|cala|cale|caly ... apap*"
        "|ibuprom*|paracetamol*|leku|relanium|xanax*"
    ),
    "stolec|kupa|kupe|mocz|biegunka|biegunke ... z krwia",
    "krwiomocz",
    "krwista|krwawa biegunka",
    "polkn*|zazyl*|lykn*|wzial*|wziel*|zjadl*|wypil* ... tabletek|pigulek",
    "nie widze|widzi & nagle",
    "nie widze|widzi ... jedno|prawe|lewe oko",
    "zatrzyman* krazenia|akcji|serca",
    "reanim*|resuscyt*",
    "potracil* ... samochod|auto|tramwaj|autobus",
    "zlaman* ... otwarte",
    "odcial*|ucial*|obcial*|odciela|ucielo & palec|palce|palca|reke|dlon",
    "silny|silne|potworny|straszny|okropny|ostry bol|bole brzucha",
    "glowe|glowa & wymiotuje|wymiotowal*",
    "przez rece & leje|przelewa",
    "nie ... dobudz*|docuc*|ocuc*",
    "reka|noga|strona|nogi|rece & nie dziala|slucha|dzialaja|sluchaja",
    "krwawi|krwawia|krwawie|krwawil*|krwawic|krwawien*|krwawiac*|krwotok*|krwotocz*",
    (
        "krew|krwia|krwi|krwawa & wymiot*|wymiotuj*|kaszl*|pluje|plucie|plul*|odkasl*"
        "|odkrztu*|rzyga*|zyga*|haftuj*|haftow*"
    ),
    "krew|krwi & leci|leciala|leje|lala|cieknie|ciekla|kapie|tryska|bucha|sika|zatamow*|zatrzymac|przestaje",
    "krew|krwi|krwia w|z moczu|stolcu|kupie|kale|kupce|nosa|ust|ucha|odbytu|pochwy|rany",
    "moczu|stolcu|kupie|kale jest|mam krew",
    "sika*|siusia*|sra*|sram krwia",
    "czarny|czarne|smolist* stolec|stolce|kupa",
    (
        "polkn*|wzial*|wziel*|lykn*|zazyl*|zjadl*|wypil*|nalyka*|najadl* ... duzo|wiele|cale"
        "|caly|wszystkie|garsc|garscie"
        "|opakowanie|opakowan|blister|listek|fiolke ... tablet*|lekow|leki|lek|prochow|prochy"
        "|pigul*|nasenn*|insulin*"
    ),
    "polkn*|wzial*|wziel*|lykn*|zazyl*|zjadl*|wypil* ... opakowanie|blister|garsc|fiolke",
    "za|zbyt duzo|wiele tabletek|lekow|prochow|insuliny|pigulek",
    "polkn*|lykn* ... tabletki|tabletek|prochow|prochy|baterie|baterke|magnes*",
    "nalyka*|najadl*|naje* sie ... tablet*|lekow|prochow|pigul*",
    "przedawk*",
    "zatru*|otru*|podtru*|naczad* ... czad*|lek*|grzyb*|alkohol*|gaz*|chemi*|tablet*",
    "otrul*|otruta|otruty|otruc|zatrul*|zaczadz*",
    "wypil* & domestos*|kreta|wybielacz*|rozpuszczal*|benzyn*|plynu|plyn|denaturat*",
    (
        "najgorsz*|najsilniejsz*|potworn*|straszn*|okropn*|nagly|naglego|nagle|piorunuj*|rozsadza*|nieznosn*"
        " & glowa|glowy|glowe"
    ),
    "glowa|glowy|glowe & jak nigdy",
    "glowa|glowy|glowe & zniesienia|wytrzymania|eksplod*",
    "sztywn* & kark|karku|karkiem",
    "niemowl*|noworod*|bobas*|dzidzi*|miesieczn* & goraczk*|temperatur*|39|40|41",
    "goraczk*|temperatur* & 40|41|42",
    "goraczk*|temperatur* & nie spada|zbic|zbija",
    "wody|wod odesz*|odchodz*|odplyw*|poszly|sacza",
    "odesz*|odchodz*|odplyn*|poszly|sacza ... wody",
    "ciaza|ciazy|ciaze|ciezarn* & plami*|skurcze|skurcz|krew|krwi|brzuch",
    "rodze|zaczynam rodzic",
    "nie czuje ... ruchow",
    "akcja|skurcze porodowa|porodowe",
    (
        "poparz*|oparz* & wrzatk*|ogni*|kwas*|powazn*|mocno|cala|caly|twarz|dziecko|prad*"
        "|silnie|stopnia|ciezk*|oczy|oko|olej*"
    ),
    "porazil* ... prad",
    "nagle ... nie widze|widzi",
    "stracil* wzrok",
    "oslepl*|oslepn*",
    "cisnienie & 200|210|220|230|240|250",
    "hipoglikem*|spiaczk*|sepsa|sepsy|sepse",
)
_URGENT_SELF = (
    "mnie już nie będzie",
    "zycie|zycia|zyciem & zbrzydl*|obrzydl*|dosc|dosyc|zmeczona|zmeczony",
    "pocielam|pocialem|nacielam|tnalem|pocial|pociela & rece|reke|zyly|sobie|nadgarst*|uda|sie",
    "przestac|przestal* istniec|zyc",
    "nikt ... nie zaplacze|zateskni|zauwazy",
    (
        "uderzyl*|uderza|leje|szarpie|kopie|kopnal|poddusza* & maz|partner|chlopak|ojciec"
        "|konkubent|ojczym|syn|matka"
    ),
    "nie chc* ... cierpiec ... zyc",
    "mnie & uderzyl|pobil|kopnal|podduszal",
    "nie & zyc",
    "nie istniec",
    "mysl*|marze ... smierci|smierc|umieraniu",
    "mam|miewam|mialam|mialem mysli s|rezygnacyjne|czarne",
    "odejsc|zejsc|odchodze|odejde ... swiata|zawsze",
    "nie zalezy & zyciu|zycie",
    "nie bedzie|ma mnie & swiecie",
    "nie bedzie ... swiecie",
    "gdybym|zebym|jakbym ... nie zyla|zyl|istnial*",
    "nie wytrzymam|wytrzymuje|wytrzymie & swiecie|zycia|psychicznie",
    "strzele|palne|strzelic|palnac sobie",
    "w leb sobie|strzele|palne",
    "utopic|utopie|udusze|otruje|wieszam|zastrzele|zabijam sie",
    "sie utopic|utopie|otruje|wieszam|zastrzele",
    "nienawidze siebie|zycia|swojego|swego",
    "ciezarem dla",
    "nikomu ... potrzebn*|niepotrzebn*",
    "nikt ... nie potrzebuje",
    "nic ... nie ma sensu",
    "skoncz*|zakoncz* to wszystko",
    "nie doczekam|dozyje ... jutra|rana|konca",
    "plaka*|tesknic|tesknil* & za|po mnie",
    "chce ... smierci",
    "smierc jedynym|wybawieniem",
    "samoboj*|samobuj*",
    "zabic|zabije|zabilbym|zabilabym|zabijam & sie",
    "nie chc*|warto|moge|potrafie|umiem & zyc|istniec",
    "nie mam po co|dla kogo & zyc",
    "nie mam dla kogo & zyc",
    "nie mam|widze ... sily|sil|ochoty|checi|powodu|sensu ... zyc|zycia|istnienia",
    "po co ... zyc|zyje",
    "odechc* ... zyc|zycia",
    "sensu|sens & zycie|zycia|zyc",
    "mam|mialem|mialam ... dosc|dosyc ... zycia|wszystkiego|siebie",
    "dosc|dosyc zycia|zyc",
    "zycie & stracilo|traci|brak|bez sens|sensu",
    "nie chc* ... byc|zostac|bywac ... na ... swiecie",
    "nie chc* ... byc ... tu|tutaj|zywa|zywy",
    "nie chc* ... tu|tutaj ... byc",
    (
        "chc*|wole|wolal*|moglbym|moglabym|marze|pragne|lepiej|mysle|myslalam|myslalem|ochote"
        " & umrzec|umierac|zginac|zdechnac"
    ),
    "chc*|wole|wolal*|marze|pragne & zniknac",
    "zniknac|znikne & na zawsze|swiata",
    "umre",
    "skoncz*|zakoncz*|koncze & soba|zycie|zyciem|zywot",
    "skoncz*|zakoncz*|koncze z tym wszystkim",
    "odebrac|odbiore|odbierze sobie|se zycie",
    "odebrac|odbiore zycie",
    "targn*",
    "pociac|potne|tne|pocielam|pocialem|pocielas|cielam|cialem sie",
    "sie potne|pociac|tne|pocielam",
    "okalecz*|samookalecz*|autoagresj*",
    "zrobic|zrobie|robie|zrobil*|zrobi|wyrzadz* ... sobie|se ... krzywd*|zlego",
    "sobie|se ... zrobic|zrobie|zrobil*|zrobi ... krzywd*|zlego",
    "krzywd*|zlego ... sobie|se ... zrobic|zrobie|robie",
    "cos sobie|se zrobie|zrobi",
    "zrobie|zrobi sobie|se cos",
    "powiesic|powiesze & sie",
    (
        "skoczyc|skocze|rzuce|rzucic|wyskocze|wyskoczyc|skacze & mostu|okna|balkonu|dachu"
        "|pociag|tory|wiezowca|tramwaj"
    ),
    "podetn*|podciac|podcial*|podciela* & zyly|zyl|nadgarstk*",
    "list|listy pozegnaln*",
    "pozegnaln* list|listy",
    "zegnaj|zegnajcie swiecie|wszyscy|kochani",
    "zegnaj|zegnajcie na zawsze",
    "lepiej|latwiej|lzej|szczesliwsi|odetchn* & beze mnie",
    "swiat|wszyscy|wszystkim|rodzina|rodzinie & beze mnie",
    "gdyby|zeby|jakby mnie nie bylo|byloby & lepiej|latwiej|lzej|swiecie",
    "lepiej gdybym|zebym ... nie ... zyl*|istnial*|urodzil*",
    "nie ... obudzic|obudze|obudzila|obudzil",
    "nie powinn* ... zyc|istniec|sie urodzic",
    "nie ma|widze ... wyjscia|nadziei|ratunku ... mnie",
    "nikt ... zatesk*|zauwazy|teskni* & umre|znikne|zabraknie",
    (
        "bije|pobil*|katuje|maltret*|zneca*|dusil*|grozi|grozil* & maz|partner|chlopak|ojciec"
        "|konkubent|ojczym|zona|tata|syn|matka"
    ),
    "bije|pobil*|katuje|maltretuje mnie|nas|dzieci|dziecko",
    "mnie|nas bije|pobil*|katuje|maltretuje",
    "zostal* pobit*",
    "zneca*|znecan* ... nade|nad|sie",
    "przemoc|przemocy|przemoca",
    "zgwalc*|gwalt|gwaltu|gwalcil|gwalci|molest*",
    "chce|chcial|grozi|grozil mnie|ze ... zabic|zabije|smierci*",
    "boje sie ... meza|partnera|ojca",
    "boje sie ... o ... zycie",
    "boje sie ... wracac do domu",
)
_NOT_URGENT = (
    "pogotowi* opiekuńcz*|energetyczn*|gazow*|ratunkow* w",
    "przemoczy*",
    "mnie już nie będzie ... domu|mieście|pracy|kraju|w|na|przed|po",
    "nie moge|moze mowic ... spotkani*|pracy|lekcji|zebraniu|autobusie|pociagu",
    "z czego zyc",
    "tu|tutaj byc ... niegrzeczn*|niemil*|zlosliw*",
    "nie wzial*|wziel*|bral*|polkn*|zazyl* ... tabletek|lekow|pigulek",
    "nie moge|mozna|da ... bez ... zyc",
    "nienawidze zycia w|miescie",
    (
        "umier*|umre|umrzec|konam|zdechnac|umrze ... z|ze ciekawosc*|nudow|nudy|smiechu|glodu"
        "|goraca|upalu|wstydu|strachu"
        "|niecierpliwosci|tesknoty|zachwytu|wrazenia|zimna|zazenowania"
    ),
    "predzej|zanim ... umr*|zdechn*",
    "umrzec|umre|umieram zanim|nim",
    (
        "zawal|zawalu|zawalem|zawale|udaru|udar|serce|serca|mdleje|zemdl*|paraliz* & cena"
        "|ceny|cene|cenie|cennik|rachun*|koszt*"
        "|kwota|kwoty|kwote"
    ),
    "zawal roboty|pracy|zlecen",
    "zemdl*|omdl*|mdleje ... widok|wrazenia|zachwytu|igl*|strzykaw*",
    "nieprzytomn* ... ze|z zmeczenia|niewyspania|rano",
    "paraliz*|sparalizowa* ... strach|strachu|dentyst*|miasto|korki|stres",
    "dziasl*|dziasel ... krwaw* ... myciu|mycia|szczotkowani*|nitkowani*|nitce|nici",
    "krwaw* ... dziasl*|dziasel ... myciu|mycia|szczotkowani*|nitkowani*|nitce|nici",
    "klatce|klatka|klatki schodow*",
    "mostek|mostku|mostka|mostkiem & zab*|zeb*|protez*|koron*|wypad*|wylecial*|porcelan*",
    "nie ma|mam problemu|klopotu ... z oddych*|oddech*",
    "nie moge|moze teraz|glosno|swobodnie mowic",
    "dusze sie ze smiechu",
    "najgorsz*|straszn* balagan|metlik ... w glowie",
    "zabic|zabije ... czas|nude|czyms|muche",
    "rzucic|rzuce|rzucil* ... palenie|palic|okiem",
    "zniknac|znikne ... z|ze waszej|bazy|listy|panstwa|tej|was",
    "byc pacjent*",
    "wstrzas* cena|ceny|mna|informac*",
    "szok*|wstrzas|wstrzasu cenowy|cenowego",
    "nie chc* ... byc ... tu|tutaj ... leczon*|zapisan*|pacjent*",
    "lekcja|gra|film|bajka o samoboj*",
)

_DECEASED = (
    "zm & przyjdzie|wizyt*|pan|pani|mąż|żona",
    "nie rzyje",
    "zgineł*|zginął*",
    "jest|poszedł|poszła|odeszła|odszedł ... niebie|nieba|aniołk*",
    "zasnął|zasnęła ... wieki|zawsze",
    "już w niebie",
    "nie zyjaca|zyjacy|zyjacej|zyjacego",
    "przegral* ... walke|z rakiem|chorob*|nowotwor*|rakiem",
    "przegral* walke",
    "nie ma & z nami",
    "cmentarz*",
    "grobie|grobu|grob|trumn*|trumnie",
    "lezy w ziemi",
    "rak|covid|choroba|nowotwor ... zabral*",
    "nie przezyl|przezyla",
    "nie doczekal|doczekala wizyty|terminu|operacji",
    "spoczywa|spoczal|spoczela|rip",
    "zmarl|zmarla|zmarlo|zmarli|zmarly|zmarlej|zmarlego|zmarlym|zmarlemu",
    "umarl|umarla|umarlo|umarli|umar",
    "nie zyje|zyja|zyl|zyla",
    "niezyje|niezyja|niezyjaca|niezyjacy|niezyjacej|niezyjacego",
    "nie ... zyje|zyja ... juz|od",
    "juz nie zyje|zyja",
    "nie ma ... wsrod|posrod|na ... nas|zywych|swiecie",
    "nie ma go|jej ... z nami",
    "nie ma ... z nami ... niej|niego|pani|pana|mamy|taty|meza|zony",
    "odszedl|odeszla|odeszli|odszedla",
    "opuscil* nas|ten",
    "zginal|zginela|zginelo|zgineli",
    "pochowal*|pochowan*|pogrzeb*|pogrzebie|stypa|stypie|stype|kondolenc*|nekrolog*",
    "zgon|zgonu|zgonie|zgonem",
    "swietej|sw pamieci",
    "wdowa|wdowy|wdowie|wdowa|wdowiec|wdowcem|wdowca|owdowi*",
    f"stracilam|stracilem|stracilismy|stracila|stracil ... {_KIN}",
    "bog ... zabral|powolal",
    "odszedl|odeszla ... do wiecznosci|pana|boga",
    "zeszl*|zszedl|zeszla z tego swiata",
    "po smierci",
    f"smierc|smierci ... {_KIN}|pacjent*",
    "nie dozyl*",
    "zasnal|zasnela ... w panu|na wieki",
    "smierc|smierci w rodzinie",
    "jest|sa juz w niebie",
    "patrzy ... z nieba",
    "zaloba|zalobe|zalobie",
)
_NOT_DECEASED = (
    "zgon ... imprez*|weselu|wczoraj",
    "nie ma z nami kontakt*",
    "przegral* walke ... o|z system*|nfz",
    (
        "umarl|umarla|umarlo|padl|zmarl|zmarla|zginal|zginela|zginelo|odszedl|odeszla|niezyje"
        "|zyje & telefon*|bateri*|komork*"
        "|komputer*|laptop*|internet*|auto|samochod*|akumulator*|nadzieja|zab|nerw|tablet|smartfon*|ladowark*"
    ),
    (
        "zginal|zginela|zginelo|zginely & karta|portfel*|dowod|paszport|numer|sms|wiadomosc"
        "|skierowanie|recepta|wyniki|klucze"
    ),
    "umarl|umarla|umarlo|umarli ... ze|z smiechu|nudow|nudy|glodu|ciekawosci|wstydu|wrazenia|strachu",
    (
        "odszedl|odeszla|odeszli ... z|ze|na|do pracy|przychodni|kliniki|firmy|gabinetu"
        "|emeryture|innej|innego|poradni|szpitala"
    ),
    "odszedl|odeszla|odeszli ode|od mnie|meza|zony",
    "odeszla|odszedl ... ochota|bol|chec",
    "odeszly|odeszla mi wody|ochota",
    "doktor|lekarz|lekarka|dentystka ... odszedl|odeszla",
    "pogrzeb* ... nadziej*",
    "sp z|nr|1|2|3|4|5|6|7|8|9",
)
_OPT_OUT = (
    "sms|smsów|sms-ów|smsy|wiadomości & życzę|życze|życzymy",
    "wypraszam ... wiadomości|wiadomosci|sms*",
    "proszę ... żeby nie przychodził*|przychodzily",
    "skoncz*|koniec|dosc ... pisaniem|wysylaniem|smsowaniem|nekaniem|dzwonieniem",
    "wnosze|zglaszam|skladam sprzeciw ... przetwarz*|wysyl*|kontakt*|marketing*",
    "mnie usun|usuncie|wykresl|wykreslcie|skasuj|skasujcie|skreslcie",
    f"nie interesuj* ... {_MESSAGES}",
    "sie odwal|odczep|odpierdol|odpieprz|odwalcie|odczepcie|odpierdolcie|odpieprzcie",
    "skonczyc|zakonczyc|zakoncz* ... wysyl*|kontakt*|korespondencj*",
    "usun*|skasuj*|skasowac|zlikwiduj*|zamknij*|zamknac ... konto|profil|kartoteke",
    "wyrejestruj*|wyrejestrow*",
    "wypisanie ... z|ze ... bazy|listy|sms*|systemu",
    "anulujcie|anuluj|anulowac ... zgode|zgody",
    "nie przysylajta|wysylajta|dzwonta|piszta",
    f"nie|nigdy {_WRITE.replace('pisac|', '').replace('|kontaktowac', '')}",
    f"prosze|prosimy ... nie {_WRITE}",
    "nie pisac do mnie|nas",
    "nie pisac wiecej|nigdy",
    "wiecej|juz ... nie pisac",
    "do mnie nie pisac",
    "nie pisz|piszcie|piszta|smsuj|smsujcie|spamuj|spamujcie",
    (
        "nie wysylaj|wysylajcie|przysylaj|przysylajcie|slij|slijcie|przesylaj|przesylajcie"
        "|nadsylaj*|wysylac|przysylac"
    ),
    "nie ... do mnie pisz|piszcie",
    "nie ... mi ... wysylaj|wysylajcie|przysylaj|przysylajcie|slijcie",
    "nie dzwon|dzwoncie|dzwonic|wydzwaniaj* ... wiecej|nigdy|pisz|piszcie|pisac",
    f"nie zycze|zycz|zyczymy ... {_MESSAGES}|kontaktu|pisania|telefonow|nekania|wysylania|dalszych",
    "nie zycze sobie zeby|aby|by|zebyscie ... pisal*|wysylal*|pisano|wysylano|kontakt*",
    f"nie chc* ... {_MESSAGES}",
    "nie chc* ... dostawac|otrzymywac",
    "nie chc* ... kontaktu|kontaktow",
    "nie chc* zeby|aby|zebyscie|byscie ... pisal*|wysylal*|smsowal*|kontaktowal*",
    "zebyscie|zeby ... nie pisali|wysylali",
    f"nie potrzebuj* ... {_MESSAGES}",
    (
        "nie wyrazam|wyrazalem|wyrazalam|wyrazilem|wyrazilam|wyrazamy|udzielam|udzielalam"
        "|udzielalem|daje|dawalem|dawalam ... zgody"
    ),
    (
        "nie zgadzam|zgadzamy|zgodzilam|zgodzilem sie na ... kontakt*|wysyl*|przetwarz*"
        "|otrzym*|sms*|marketing*|wiadomosci"
    ),
    "nie zgadzam sie na ... kontakt*|wysyl*|przetwarz*|otrzym*|sms*|marketing*|wiadomosci",
    (
        "cofam|cofnac|wycofuje|wycofac|odwoluje|odwolac|cofniecie|wycofanie|odwolanie|anuluje"
        " ... zgode|zgody|zgod"
    ),
    "zgode|zgody cofam|wycofuje|odwoluje",
    f"{_STRIKE} mnie|mne",
    f"prosze ... mnie ... {_STRIKE}|wypisac",
    f"prosze ... {_STRIKE}|wypisac mnie",
    "prosze o wypisanie|wykreslenie|usuniecie ... mnie|listy|bazy|systemu|danych|numeru",
    f"{_STRIKE} ... moj|mojego|moje|moich|swoj|ten|tego ... numer*|nr|telefon*|dane|danych|kontakt*",
    f"{_STRIKE} numer|numeru|nr telefonu|tel",
    f"{_STRIKE} numer|numeru",
    "moj|moje|ten numer|nr|dane|kontakt ... usun|usuncie|usunac|wykresl*|skasuj*|wymaz*",
    (
        f"{_STRIKE}|wypisz|wypiszcie|wypisac ... z|ze|w ... bazy|listy|systemu|rejestru"
        "|kartoteki|ewidencji|bazie|mailingu"
    ),
    "usun|usuncie|usunac|usuniecie|usuniecia|skasuj|skasujcie|wymaz* ... dane|danych",
    "wypisz|wypiszcie mnie|nas",
    "mnie wypisz|wypiszcie",
    "chce|chcial*|prosze ... sie ... wypisac ... z|stad|sms*|wiadomosci",
    "chce|chcial* ... wypisac sie",
    "chce|chcial* sie wypisac",
    "wypisuje sie",
    "zaprzesta*|zaniecha* ... wysyl*|kontakt*|pisan*|nekan*|dzwonien*|przetwarz*",
    (
        "przestan|przestancie|przestac|przestanicie ... pisac|wysylac|przysylac|slac|dzwonic"
        "|nekac|spamowac|meczyc|wypisywac|wydzwaniac"
    ),
    f"koniec|skoncz*|stop|dosc|dosyc|wystarczy ... {_MESSAGES}|pisania|wysylania|nekania|spam|spamowania",
    f"koniec|dosc z tym|tymi {_MESSAGES}",
    "skoncz* ... pisac|wysylac|nekac|spamowac",
    "dajcie|daj|dac|dajta mi|nam|mnie|swiety ... spokoj",
    "odczep|odczepcie|odwal|odwalcie|odpierdol|odpierdolcie|odpieprz|odpieprzcie|odjeb*|odwaliszcie sie|sie",
    "zostaw|zostawcie mnie|nas ... spokoju",
    "zostaw|zostawcie mnie|nas",
    "zapomnij|zapomnijcie|zgub|zgubcie|wyrzuc|wyrzuccie ... moj|ten|mojego|moim|mojej ... numer*|istnieniu",
    "zapomnij|zapomnijcie o mnie",
    "nie nekaj*|nekac",
    "przestan|przestancie ... nekac",
    "nie kontaktuj|kontaktujcie|kontaktowac sie",
    "nie ... sie ... kontaktowac|kontaktujcie ... ze mna",
    "prosze nie kontaktowac",
    "zakaz*|zabrania* ... kontakt*|wysyl*|pisa*|dzwon*|przetwarz*|przysyl*",
    "zadam|zadamy|domagam ... usun*|zaprzesta*|skasow*|wykresl*|zaniecha*",
    "prosze o nieprzysyl*|niewysyl*|niepisanie|niekontaktow*|zaprzestanie",
    "prosze o nie przysylanie|wysylanie|pisanie|kontaktowanie",
    f"rezygnuj*|zrezygn*|rezygnacja ... z|ze ... {_MESSAGES}|subskrypcji|otrzymywania|kontaktu|newslet*",
    "anuluj*|usun*|rezygn*|wylacz* ... subskryp*",
    f"wylacz|wylaczcie|wylaczyc ... {_MESSAGES}|te",
    "odsubskryb*|unsubscr*|odsubuj*",
    "ani jednego|zadnych ... smsa|smsow|wiadomosci ... wiecej",
    "zadnych wiecej|wiadomosci|smsow",
)
_NOT_OPT_OUT = (
    "nie wypisyw*|wypisujcie|wykreśl* mnie",
    "wykreśl*|wypis*|usuń*|skreśl* ... kolejk*|operacj*|rezonans*|wizyt*|grafik*|zabieg*|termin*|badani*",
    "mnie ... wykreślić|wypisać|usunąć|skreślić ... kolejk*|operacj*|rezonans*|wizyt*|grafik*|zabieg*",
    "cofam|cofnąć|wycofuję zgod* na operacj*|zabieg*|leczeni*|badani*",
    "nie wyrażam zgody na zmian*|operacj*|zabieg*|leczeni*|badani*|termin*",
    "odpisz|odpowiedz|wyslij|napisz ... stop",
    "stopa|stopy|stope|stopie|stopami|stopach",
    (
        "bol*|obu|moich|do|pielegn*|zabieg*|grzybic*|leczen*|pedicure|wkladk*|masaz*|obrzek*"
        "|badan*|pod|od|stan|skor*|ksztalt"
        "|deformac*|palcow|paznokci|moje|swoich|zdjeci*|rtg|specjalist*|lekarz* stop"
    ),
    "stop cukrzyc*|koslaw*|plask*|i|z",
    (
        "wypis* ... recept*|skierow*|zwoln*|zaswiadcz*|l4|lek|leki|lekow|lekarst*|zalecen*"
        "|tablet*|antybiotyk*|okular*|druk*"
    ),
    "recept*|skierow*|zwoln*|zaswiadcz*|l4|leki|antybiotyk* ... wypis*",
    "wypis* ... ze|z|do szpital*|oddzial*|leczenia",
    "wypis* mnie ... ze szpital*",
    "mam|miec|przyniesc|wziac|zabrac|potrzebn*|moj|karta|karte wypis*",
    "wypis|wypisu|wypisem przyniesc|zabrac|wziac|mam",
    (
        "nie|prosze ... wysyl*|przysyl*|slij*|przesyl* ... recept*|skierow*|wynik*|faktur*"
        "|zdjec*|dokument*|paczk*|link*|poczta"
    ),
    "zgody na zabieg*|operacj*|znieczul*|leczen*|badan*|zdjeci*|rentgen*|rtg|szczep*|narkoz*",
    "otrzymywac|dostawac ... faktur*|papier*|wynik*",
    (
        "usun|usunac|usuniecie|usuniecia|usuncie ... zab|zeba|zeby|zebow|zebami|osemk*|osemek"
        "|kamien*|kamienia|znamie*|pieprzyk*"
        "|brodawk*|plomb*|szw*|migdal*|korzen*|korzenia|wlos*|zmian*|kurzajk*"
    ),
    "zab|zeba|zeby|zebow|osemk*|znamie*|pieprzyk*|szwy ... usun*",
    "usun* numer|nr 1|2|3|4|5|6|7|8|11|18|28|38|48",
    "usun*|wykresl*|wypis*|skresl* ... mnie ... list* oczek*|rezerwow*|kolejkow*",
    "nie pisze|pisz sie na",
)
_HOLD = (
    "blokuj*|zablokuj*",
    "zatrzymaj*|zakończ*",
    "wypis",
    "sprzeciw*",
    "nie macie|ma|mieliscie ... zgody",
    "prosze|macie|zechciejcie przestac|skonczyc",
    "przestaniecie|przestanie|przestaniesz ... pisac|wysylac|nekac|dzwonic",
    "bez mojej zgody",
    "dajcie na luz",
    "dajcie se|sobie siana|luzu|spokoj|na",
    "po co|cholere|chuj ... smsy|sms|wiadomosci",
    "nie dzwon|dzwoncie|dzwonic|telefonuj*|telefonowac|wydzwania*",
    "rzadziej|mniej & pisz*|pisa*|sms*|wiadomosci|kontakt*|wysyl*|przypom*",
    "nie tak|zbyt|za czesto",
    "tak|za|zbyt czesto & pisz*|pisa*|sms*|wysyl*|wiadomosci|kontakt*",
    f"za|zbyt|tyle|tylu ... duzo|wiele|ile|tych ... {_MESSAGES}",
    "nie ... przypomn*|przypomin*",
    "codziennie|ciagle|wciaz|przerwy|nieustannie & piszecie|wysylacie|dzwonicie|smsy|sms|wiadomosci",
    "spam|spamu|spamem|spamer*|spamujecie|spamowac|spamowanie",
    "rodo",
    "nekac|nekacie|nekanie|nekania|nekana|nekany",
    "zawrac*|zawracaj* ... glow*|dup*|gitar*|tylka",
    "nie przeszkadzaj|przeszkadzajcie|przeszkadzac",
    "daj|dajcie spokoj",
    (
        "spadaj|spadajcie|spieprzaj*|spierdal*|wypierdal*|wypieprzaj*|wynocha|walcie|pierdol"
        "|pierdolcie|goncie|wal"
    ),
    "zglosz*|zglaszam|doniose ... uodo|uokik|policj*|rzecznik*|uke|prokurat*",
    "blokuj*|zablokuj*|zablokow* ... numer*|was|ten|panstwa",
    "skad macie|masz|maja|panstwo|pani|wziel* ... moj|numer*|dane",
    "kto ... dal|podal ... numer|moj",
    "razie|narazie|chwilowo|poki ... nie pisz*|wysyl*|przysyl*|kontakt*",
    "zadnych ... smsow|wiadomosci|kontaktu|reklam",
    "meczycie|meczace & wiadomosci|sms*|pisanie",
    "mam ... dosc|dosyc ... was|tego|tych|waszych",
    "nie pisac",
    "nie ... otrzymywac|dostawac",
    "przestancie|przestan",
    "wypisac|wypiszcie|wypisz ... sie|mnie|nas",
    "odpuscie|odpusccie",
    "niech nikt ... pisze|dzwoni",
)

_BUSY = (
    "w pracy|robocie|szkole|trasie|podrozy|szpitalu|sanatorium|delegacji",
    "do szpitala|sanatorium",
    (
        "pracuj*|dyzur*|urlop*|wakacj*|wczas*|wyjezdz*|wyjazd*|wyjechal*|wyjad*|delegacj*"
        "|zajet*|wesele|weselu|slub|slubie"
        "|komuni*|chrzcin*|urodzin*|imienin*|egzamin*|sesja|sesje|maraton|rozpraw*"
        "|konferencj*|wycieczk*|szkolenie|szkoleniu"
        "|operacje|operacja|operowan*|kolonie|obozie|koncert*"
    ),
    (
        "mam|mamy ... prace|zmiane|spotkanie|zajecia|lekcje|plany|operacje|inna|innego|cos"
        "|gosci|lot|samolot|pociag"
    ),
    "na zmianie|zmiane|nocce|nocke|popoludniowke|wsi|l4",
    "za granica|granice",
    "zagranica|zagranice|odpada|odpadaja|wykluczon*|niemozliw*|nieobecn*",
    "nie ma|bedzie mnie|nas",
    "mnie nie ma|bedzie",
    "nie moge|mozemy|dam|damy|zdaze|wyrobie",
    "nie mam czasu|jak|mozliwosci",
    "zona|maz|corka|siostra rodzi",
    "lece do|na",
)
_DOUBT = (
    "dostałam|dostałem|otrzymałam|otrzymałem|przyszło|przyszły",
    "miesiąc*|miesiącu|tygodniu|codziennie|tylu",
    "jedna wiadomość",
    "rachunek|rachunki|rachunków|faktura|faktur|faktury|recepta|recepty|adres|newsletter",
    (
        "ale|lecz|jednak|jesli|jezeli|jak|jakby|gdyby|gdybym|gdy|chyba|moze|mozliwe"
        "|mozliwosc*|prawdopodobnie|raczej"
        "|pewno"
        "|zalezy|zobacze|zobaczymy|zobaczy|zastanow*|zastanawia*|mysle|myslal*|mysli|pomysl*"
        "|przemysl*|znac|odezw*|zadzwonie|zadzwonimy"
        "|oddzwonie|napisze|napiszemy|odpisze|odpiszemy|potwierdze|potwierdzimy|sprawdz*"
        "|spytam|zapytam|pytam|zapytac"
        "|spytac|skonsult*|porozmawiam|pogadam|uzgodni*|ustal*|najpierw|dopiero|potem|pozniej"
        "|wczesniej|kiedys|zanim"
        "|dopoki|poki|tylko|wylacznie|jedynie|watp*|ewentualn*|ewent|ew|albo|lub|postaram*|sprobuj*|sprobow*"
        "|nadziej*|byle|oby|bym|by|problem|klopot*|niby|powiedzmy|zastrzez*|jeszcze|teraz"
        "|razie|narazie|chwilowo"
        "|nocy|noca|weekend*|wieczorami|codziennie|czesto|rzadziej|mniej|zapomni*|zapomnial*"
        "|przypomnij*|przypomnicie|przypomniec|przypominaj*"
        "|byl|byla|bylam|bylem|bylo|bylismy|mialam|mialem|mial|miala|zamiast|wynik*|recept*"
        "|skierow*|odbior*|odebrac"
        "|zaplac*|faktur*|oplac*|napisz|napiszcie|odpisz|odpiszcie|wyslij*|wyslac|konsult*"
        "|spoznie|spoznimy|inaczej"
        "|sam|sama|sami|planuj*|bylby|bylaby|byloby|wahal*|waham|sarkaz*|serio|dowiem"
        "|dowiedz*|decyzj*|zdecyduj*|podejm*|wczoraj"
    ),
    "o ile",
    "pewnie tak|bede|przyjde|sie|pasuje",
    "pod warunkiem",
    "w razie",
)
_NEGATION = (
    (
        "nie|nigdy|zaden|zadna|zadne|zadnego|zadnym|zadnej|nikt|nikogo|nic|niczego|bez|ani"
        "|nigdzie|brak|oprocz"
        "|procz|poza|niemozliw*|nieaktualn*|nieobecn*|niepotrzebn*|niezainteresowan*"
        "|niedostepn*|niepewn*|niezdecyd*"
        "|niee|nieee|nieeee|niema|niemoge|niemam|niechce|niebede|niewiem|niedam|niepasuje"
        "|nieodpowiada|nieprzyjde"
        "|niechcialbym|niechcialabym|nietrzeba|nje|ne|odpada|odpadaja|wykluczon*|urlop*"
        "|pracuj*|wyjezdz*|zajet*|wakacj*"
        "|odmawiam|not"
    ),
)
_DECLINES = (
    "nie chc*|chce|chcemy",
    "niechce|niechcialbym|niechcialabym|niezainteresowan*|niepotrzebn*|zbedn*",
    "nie dziekuje|dziekuj*|dzieki|dzienki|dziex|trzeba|potrzebuj*|potrzeba|teraz",
    "dziekuje|dzieki|dziekujemy nie",
    "dziekuje|dzieki|dziekujemy ale ... nie",
    "nie jestem|jestesmy|bylbym|bylabym ... zainteresowan*",
    "nie interesuj*|skorzyst*|korzystam|planuj*|zamierzam",
    "nie bede ... przychodzic|chodzic|korzystac|korzystala|korzystal|przyjezdzac|sie ... umawiac|zapisywac",
    "nie mam ... ochoty|potrzeby|zamiaru|czasu|checi",
    "nie widze|ma potrzeby|sensu",
    "nie tym|nastepnym razem",
    "innym razem",
    "moze|pozniej kiedys",
    "nie w najblizszym",
    "juz|dopiero ... bylem|bylam|bylismy",
    "lecze|leczymy|chodze|chodzimy|jezdze|mam ... gdzie|gdzies indziej",
    "lecze|leczymy|chodze|chodzimy ... prywatnie|indziej|gdzieindziej|innego|innej",
    f"mam|mamy ... innego|swojego|nowego|inna|nowa|swoja|wlasnego ... {_DOCTOR}",
    f"zmienilam|zmienilem|zmienilismy|znalazlam|znalazlem ... {_DOCTOR}",
    f"u|do innego|innej|nowego|nowej ... {_DOCTOR}",
    "wyprowadzil*|przeprowadzil*|wyprowadzam|wyprowadzilismy",
    "mieszkam ... gdzie|gdzies indziej",
    "mieszkam ... juz|teraz|daleko|granica|indziej|niemczech|anglii|warszawie|krakowie|gdansku",
    "nie mieszkam",
    "wyjechal* ... stale|niemiec|anglii|holandii|norwegii",
    "podziekuje|spasuje|spasuj|odpuszcze|odpuszczam|odpadam|podaruje|daruje sobie",
    "podziekuje|spasuje|odpuszcze|odpuszczam|odpadam",
    "daruje|darujemy|podaruje sobie",
    "obejdzie|obejde|obejdziemy sie",
    (
        "raczej|chyba|lepiej|jednak|niestety|zdecydowanie|absolutnie|jasne|pewnie|oczywiscie"
        "|wole|wolalbym|wolalabym nie"
    ),
    "jasne|pewnie|oczywiscie ze nie",
    "no nie",
    "taa|taaa|tia|tja|ta jasne|pewnie|akurat",
    "taa|taaa|taaaa|tia|tja|ehe",
    "jasne|no|tak akurat",
    "chyba zartuj*|snisz|snicie|kpicie|kpisz|was|pogielo|oszalel*",
    "zartuj*|kpicie|kpina|pogielo|pojebalo|porabalo|powalilo|pogrzalo",
    "po moim trupie",
    "nigdy w zyciu",
    "nie ma mowy",
    "mowy nie ma",
    "wykluczone",
    "bez szans",
    "ani mi sie|mysle",
    "jeszcze czego",
    "wypchaj*",
    "kaktus ... wyrosnie",
    "nie wracam|wroce|przychodze",
)
_CANCEL = (
    (
        "odwoluje|odwolujemy|odwolac|odwolam|odwolamy|odwolajcie|odwolaj|odwolujcie|odwolanie"
        "|odwolalam|odwolalem"
    ),
    "anuluj*|anulow*|anulacj*",
    "nie przyjd*|przyjad*|przyjezdz*|dotr*|dojad*|dojd*|stawi*|pojawi*|zjawi*|zdaze|zdazymy|wybieram sie",
    "nie przyjd*|przyjad*|dotr*|dojad*|dojd*|stawi*|pojawi*|zjawi*|zdaze|zdazymy",
    "nieprzyjd*|niedotre|niestawie",
    "nie bede ... mogl*|stanie|obecn*|mnie",
    "nie bede|bedziemy jutro|dzis|dzisiaj|pojutrze",
    "nie bede|bedziemy na|w wizycie|wizyte",
    "nie bede|bedziemy na|w|we piatek|czwartek|sobote|srode|wtorek|poniedzialek",
    "nie bedzie mnie|nas",
    "mnie nie bedzie",
    "nie dam|damy|daje rady",
    "nie dam|damy rade",
    "niedam rady|rade",
    "nie moge|mozemy|mogl*|uda ... przyjsc|przyjechac|byc|dotrzec|stawic|pojawic|zjawic|dojechac|przybyc",
    "niemoge ... przyjsc|przyjechac|byc",
    "nie mam jak ... przyjsc|przyjechac|dojechac|dotrzec",
    (
        "skasuj*|skasow*|kasuj*|wykresl*|usun*|zrezygn*|rezygnuj*|rezygnacj* ... wizyt*"
        "|termin*|spotkan*|rezerwacj*|zabieg*"
    ),
    "zrezygn*|rezygnuj*",
    "wizyta|wizyte|termin nieaktualn*|odwolan*|odpada",
    "cos|nagle wypadlo",
    "cos mi wypadlo",
    "wypadlo mi|nam",
    "zwalniam|zwolnic|oddaje|oddac ... termin*|miejsce",
)
_RESCHEDULE = (
    "przeloz*|przelozyc|przekladam|przekladamy|przelozenie|przelozenia",
    "przenies*|przeniesc|przeniose ... wizyt*|termin*|na|mnie",
    "przeniesc|przeniesienie|przeniesienia",
    "przesun*|przesunac|przesuniecie|przesuwam",
    "zmien*|zmian*|zamien* ... termin*|wizyt*|dat*|godzin*|dzien|dnia",
    "wizyt*|termin*|godzin*|dat* ... zmienic|zmienimy|zmiany|zamienic",
    "przepiszcie|przepisac|przebookuj* ... na inny|innego",
    "przebukow*|przebook*",
    "umowic|umowmy ... inny|nowy ... termin|dzien",
)
_OTHER_TIMES = (
    (
        "inn* ... termin*|dzien|dnia|dni|dniu|dniach|godzin*|dat*|por*|propozycj*|opcj*|czas*"
        "|mozliwosc*|tydzien|tygodn*"
    ),
    "termin*|dzien|godzin* ... inny|inna|inne|innego",
    (
        "zaden|zadna|zadne|zadnego|zadnej|zadnym ... termin*|dzien|dni|pasuj*|odpowiad*|pasi"
        "|godzin*|nie|z|propozycj*|opcj*"
    ),
    "nie ... pasuj*|pasowal*|odpowiad*|podchodz*|pasi|pasia|leza|lezy|pasuja",
    "niepasuj*|nieodpowiad*",
    "pozniejsz*|wczesniejsz*|szybsz*|blizsz*|dalsz* ... termin*|godzin*|dat*|dzien|dni|pora|pory",
    "cos|czegos|jakis|jakies ... wczesniej*|pozniej*|innego|szybciej|blizej|dalej|wolnego",
    "nic|niczego ... wczesniej*|pozniej*|innego|szybciej|blizej",
    "kiedy|kiedys indziej",
    "cos ... w pazdzierniku|listopadzie|grudniu|styczniu|weekend|przyszlym|nastepnym",
    "za|zbyt|troche ... wczesnie|pozno|wczesna|pozna|szybko|daleko",
    "w innym|innym|innych terminie|czasie|terminach",
    "na|w inny|innym|inna",
    "wczesniej|pozniej ... sie ... da|macie|mozna|moze|nie",
)

LEXICON = Lexicon(
    language="pl",
    script="latin",
    urgent=(*_URGENT_BODY, *_URGENT_BLOOD, *_URGENT_SELF),
    not_urgent=_NOT_URGENT,
    deceased=_DECEASED,
    not_deceased=_NOT_DECEASED,
    opt_out_words=(
        "nie zycze sobie",
        *("stop", "wypisz", "wypiszcie", "wypisac", "wypisuje", "wylacz", "wylaczcie"),
        *("stop sms", "unsubscribe", "odsubskrybuj"),
    ),
    opt_out=_OPT_OUT,
    not_opt_out=_NOT_OPT_OUT,
    hold=_HOLD,
    ends=(
        "koniec",
        "dosc",
        "dosyc",
        "usun",
        "usuncie",
    ),
    cancels=(
        *("rezygnuje", "rezygnujemy", "rezygnacja", "anuluj", "anulujcie", "anuluje", "anulowac", "anulacja"),
        *("kasuj", "skasuj", "skasujcie", "cancel"),
        *("nie bede", "nie bedziemy"),
    ),
    wrong_number=(
        "pomylka",
        "pomylil*|pomyliliscie|pomyl* ... numer*|osob*|adres*",
        "pomyliliscie|pomylili",
        "zly|bledny|nieprawidlowy|niewlasciwy|stary numer|nr|adresat",
        "nie ten|moj|ta|tego|tym numer|nr|osoba|adresat",
        "nie pod ten numer",
        "to nie ja",
        "zla|niewlasciwa|bledna osoba",
        "nie jestem pacjent*|wasza|waszym|panstwa|pania|panem",
        "nie jestem pani|pan",
        "nie znam ... osoby|nikogo|takiej|takiego|kogos",
        "nie ma tu|tutaj|pod ... takiej|takiego|nikogo",
        "nie ma takiej|takiego ... osoby|pacjent*",
        "nie nazywam sie",
        "nie mam na imie",
        "numer ... nalezy do|kogos",
        "numer ... zmienil ... wlasciciela",
        "nigdy ... u was|panstwa ... nie byl*|leczy*",
        "nigdy nie bylam|bylem ... wasza|waszym|panstwa|u",
        "od niedawna mam ... numer",
        "mam ten numer od",
    ),
    running_late=(
        "spozni*|spoznie|spozniony|spozniona|spoznil*|spozn*",
        "bede|bedziemy ... pozniej",
        "troche|chwile|minut|min pozniej",
        "w korku|korkach",
        "korek|korki",
        "utknel*|utknal*|poslizg*",
        "juz|wlasnie ... jade|jedziemy|dojezdzam|dojezdzamy|ide|lece",
        "w drodze",
        "bede|bedziemy za ... minut*|min|chwile|moment|kwadrans",
        "autobus|pociag|tramwaj ... sie ... opozni*|uciekl|spoznil",
        "opoznienie|opoznieniem",
    ),
    already_booked=(
        (
            "juz|przeciez|wczesniej ... umowion*|zapisan*|zarejestrowan*|wpisan*|zarezerwow*"
            "|umowil*|zapisal*|zarejestrowal*"
        ),
        "jestem ... umowion*|zapisan*|zarejestrowan*|wpisan*",
        "mam|mamy ... umowion*|zaplanowan*|zarezerwowan*|wyznaczon*|ustalon*|zapisan*",
        "mam|mamy juz|przeciez ... wizyte|termin|wizyta|rezerwacje",
        "mam|mamy wizyte|termin|rezerwacje w|we|u|na|za|jutro|dzis|dzisiaj|pojutrze",
        "wizyte|termin mam|mamy juz|w|we|na|za|jutro|dzis|u",
        "wizyte juz mam",
        "juz mam|mamy ... wizyte|termin|rezerwacje",
        "bylam|bylem umowion*|zapisan*",
        "zapisalam|zapisalem|umowilam|umowilem ... sie",
        "sie juz|wczoraj zapisal*|umowil*",
    ),
    for_another=(
        (
            "zapisac|umowic|zarejestrowac|wpisac|zapisz|zapiszcie|umow|umowcie|zarejestruj*"
            f"|wpiszcie|wpisz & {_KIN}"
        ),
        f"dla|termin|wizyta|wizyte dla|{_KIN}",
        f"dla ... {_KIN}",
        "dla kogos|nas dwojga|obojga",
        f"chodzi ... o ... {_KIN}",
        f"w imieniu|sprawie ... {_KIN}",
        (
            f"{_KIN_SUBJECT} ... chce|chcial*|potrzebuj*|prosi|moze|moglby|moglaby|skorzysta*"
            "|przyjdzie|pojdzie|ma|tez|rowniez|boli"
        ),
        f"zamiast mnie & {_KIN_SUBJECT}",
        "umawiam|zapisuje ... syna|corke|meza|zone|mame|tate|babcie|dziecko|brata|siostre",
        "nie dla mnie",
    ),
    complaint=(
        (
            "skandal*|skarg*|skarz*|poskarz*|zazalen*|reklamacj*|niekulturaln*|chamsk*|cham"
            "|chamstwo|chamy|bezczeln*|nieuprzejm*"
            "|niemil*|opryskliw*|zenad*|zenuj*|dno|porazka|tragedia|tragiczn*|fataln*|oszusc*"
            "|oszukal*|oszukuj*|oszustwo|oszustow"
            "|naciagacz*|naciagnel*|zlodziej*|partacz*|rzeznik|rzeznia|spartacz*|spieprzy*"
            "|schrzani*|spierdoli*|niekompetent*"
            "|niezadowolon*|rozczarowan*|zawiedzion*|odradzam|balagan|lekcewaz*|olewacie|olewa"
            "|olewka|pozew|prawnik*"
            "|adwokat*|ignoruj*|niepowazn*|nieprofesjonaln*|arogan*|zenua|patologia|kpiny|burdel"
        ),
        "to wstyd",
        "co za|wielki wstyd",
        "nie polecam",
        "nigdy wiecej",
        "ostatni raz",
        "czekal* ... godzine|godziny|godzin|h|wieki|wiecznosc",
        "czekania|czekanie|kolejce ... godzin*",
        "zle ... traktow*|potraktow*|zrobi*|zalozon*|wykonan*|leczon*",
        "potraktowan* ... jak|zle|okropnie",
        "zwrot|zwrotu|zwroccie|oddajcie|oddacie ... pieniedzy|pieniadze|kase|kasy",
        "jak mozna",
        "co to ma byc",
        "nikt ... nie przeprosil|odbiera|odpowiada|raczyl|oddzwonil",
        "krzycza*|nakrzyczal*|wydarl*|darla ... na mnie",
        "rzecznik* praw",
    ),
    other_language=(
        "po|w angielsk*|ukrainsk*|rosyjsk*|niemieck*|rusku|bialorusk*|hiszpansk*|wloskim|wlosku|francusk*",
        "jezyku angielsk*|ukrainsk*|rosyjsk*|niemieck*",
        "nie mowie|rozumiem|znam|rozumie|mowi ... polsku|polskiego|polski",
        "mowicie|mowi ktos|pani po",
    ),
    human=(
        (
            "zadzwon|zadzwoncie|zadzwonic|zadzwoni|zadzwonicie|zadzwonilby|dzwoncie|dzwon|dzwonic"
            "|oddzwon|oddzwoncie|oddzwonic"
            "|oddzwonicie|oddzwonienie|przedzwon|przedzwoncie|przedzwonic|dryndnij|dryndnijcie"
            "|przekrec|zatelefonuj*|zadzwonienie"
        ),
        "prosze|poprosze|prosba ... o telefon|kontakt|rozmowe|oddzwonienie",
        "prosze|poprosze telefon",
        "kontakt|rozmowe telefon*",
        "telefonicznie|konsultant*|recepcj*|rejestratork*|sekretark*",
        "porozmawiac|pogadac|pomowic|rozmowic",
        "rozmawiac|rozmowa|rozmowy|rozmowe z",
        "moge|chce|wole ... rozmawiac",
        "z czlowiekiem|kims|kimkolwiek|osoba",
        "zywy|zywym|zywego czlowiek*",
        "skontaktujcie|skontaktuj|skontaktowac|odezwijcie|odezwij sie",
        "sie ze|z mna|kims ... skontakt*",
        "jestes|jestescie robotem|botem|bot|automatem|sztuczna",
        "czy to bot|automat|robot",
        "telefon ... do was|panstwa|rejestracji",
    ),
    too_expensive=(
        "drogo|drozyzn*|przeplac*|zdzierstwo|zdzieracie|zdzierstw*|zdziercy",
        "za|zbyt|bardzo|troche|strasznie|cholernie|tak drog*|drogie|droga|drogi",
        "to|sa|ceny|wizyty drogie",
        "nie stac|stac mnie|nas",
        "nie stac",
        "nie mam|mamy ... pieniedzy|kasy|hajsu|srodkow|siana|funduszy|forsy|gotowki|tyle",
        "brak|brakuje ... kasy|pieniedzy|funduszy|srodkow|hajsu",
        "krucho ... kasa",
        "jestem splukan*",
        "jestem bez ... kasy|grosza",
        "taniej|tansz*|znizk*|rabat*|promocj*|upust*",
        "za duzo kosztuje|pieniedzy|kasy",
        "za duzy koszt",
        (
            "cena|ceny|cene|koszt|koszty|cen ... wysok*|kosmiczn*|kosmosu|zwala|zwalaja|powala"
            "|zaporow*|chore|duza|duze|straszn*"
            "|zabija*|nie|za|przesad*"
        ),
    ),
    question=(
        (
            "ile|czy|gdzie|kiedy|co|jaki|jaka|jakie|jakim|jakiego|jakiej|kto|ktory|ktora|kogo"
            "|komu|czego|skad|dokad|dlaczego"
        ),
        (
            "jak dlugo|sie|dojechac|mam|to|wyglada|duzo|wysoki|mozna|jest|przygotowac|bedzie|moge"
            "|trafic|z|wysoka|czesto|dojsc"
        ),
        "czemu tak|to|mam|macie|musze|nikt|pan|pani|taka|ja|do|wizyta|w",
        "po co",
        "o co|ktorej",
        "u|do kogo",
        "mam pytanie|pytania",
        "pytanie",
        "chcialam|chcialem|chce zapytac|spytac|wiedziec",
        "nie wiem|pamietam|rozumiem|jestem",
        "niewiem",
        "prosze powiedziec|podac|napisac",
        "interesuje mnie",
    ),
    cancel=_CANCEL,
    reschedule=_RESCHEDULE,
    other_times=_OTHER_TIMES,
    busy=_BUSY,
    declines=_DECLINES,
    wants_visit=(
        "prosic ... termin*|wizyt*|umowic|umowienie|zapisac|zapisanie",
        "sie umowic|zapisac|zarejestrowac",
        (
            "chce|chcemy|chcial*|chcielibysmy|pragne|potrzebuj*|prosze|poprosze|prosil*|prosimy"
            " ... wizyt*|termin*|umowic|umowienie"
            "|zapisac|zapisanie|zarejestrowac|rejestracje|przyjsc|rezerwacje|zarezerwowac|wpisac"
            "|wpisanie|wcisnac|konsultacj*"
        ),
        "moge|mozemy ... umowic|zapisac|zarejestrowac|przyjsc|wpisac|zarezerwowac",
        "umow|umowcie|umowmy|umowimy|umawiam|umawiamy|umawiajcie",
        "zapisz|zapiszcie|zapisac|wpisz|wpiszcie|zarejestruj|zarejestrujcie|zarejestrowac mnie|nas",
        "zapisuje|zapisujemy sie",
        "mnie zapisac|zapisz|zapiszcie|wpisac|wpisz|wpiszcie|umowic",
        "zarezerwuj|zarezerwujcie|bookuj|rezerwujcie|rezerwuj",
        "chetnie",
        "bardzo chetnie",
        "prosze|poprosze o propozycj*|terminy",
        "z checia|przyjemnoscia|radoscia",
        "jestem|jestesmy ... zainteresowan*|chetny|chetna|chetni",
        "wolne|wolny|wolnych|najblizszy|najblizsze|dostepne termin*",
        "chce|chcemy przyjsc|przyjechac|wpasc",
        "moge|mozemy przyjsc|przyjechac|wpasc",
        "przydal*|przyda ... sie ... wizyta|przeglad|kontrola|termin",
        "wybieram|wybiore sie",
    ),
    confirm=(
        (
            "potwierdzam|potwierdzamy|potwierdzone|potwierdzona|potwierdzony|potwierdz|potwierdzm"
            "|potwiedzam|potweirdzam"
        ),
        "bede|bedziemy",
        "bede mogl|mogla",
        "nie bede|przyjde sam|sama|sami",
        "przyjde|przyjdziemy|przyjade|przyjedziemy|wpadne|wpadniemy|dotre|dotrzemy|przybede",
        "stawie|stawimy|zjawie|zjawimy|pojawie|pojawimy|stawiam sie",
        "do zobaczenia|zobaczyska|zoba",
        "widzimy sie",
        "aktualne|aktualna|aktualny",
        "bez zmian",
        "zgadza sie",
    ),
    yes=(
        "tak|taak|taaak|taaaak|tka|tk|tag|t|ok|oki|okej|okey|okay|okk|oka|okejka|okejos|okidoki|oks",
        (
            "dobra|dobrze|dobze|spoko|spox|luz|luzik|git|gites|gitara|jasne|jasna|pewnie|pewka"
            "|oczywiscie|oczywista"
            "|oczywisciez|naturalnie|zgoda|super|superancko|swietnie|wspaniale|ekstra|extra"
            "|cudownie|idealnie|elegancko|elegancja"
            "|bomba|rewelacja|rewelacyjnie|doskonale|perfekcyjnie|pasuje|pasuja|pasi|odpowiada"
            "|poprosze|owszem|akceptuje"
            "|akceptujemy|dawaj|dawajcie|wchodze|yes|yep|yeah|yup|jep|jup|fajnie|zajebiscie|si"
        ),
        "zgadzam|zgadzamy sie",
        "zgadzam|zgadzamy",
        "jestem za",
        "jestesmy za",
        "w porzadku",
        "wporzadku",
        "no tak|pewnie|jasne|ok|dobra|dobrze|ba|raczej",
        "+",
    ),
    agreed=(
        (
            "nie ma|widze|mam|bedzie problemu|problemow|sprawy|klopotu|przeszkod|przeciwwskazan"
            "|zastrzezen|obiekcji"
        ),
        "bez problemu|problemow|zastrzezen",
        "czemu|dlaczego|czemuz nie",
        "czemu|dlaczego by nie",
        "nie mam nic przeciw|przeciwko",
        "nic nie mam przeciw|przeciwko",
        "nie przeszkadza|przeszkadza mi",
        "nie przeszkadza",
        "moze|moga byc",
        "niech bedzie",
        "jak najbardziej",
        "na pewno",
        "bez zmian",
        "nie moge sie doczekac",
        "nie zapomne|zapomnimy",
    ),
    no=(
        "nie|n|niestety|nope|nah|niee|nieee|nieeee|nje|never|nigdy|odmawiam|odmowa|niet",
        "no nie",
    ),
    negation=_NEGATION,
    doubt=_DOUBT,
    filler=(
        (
            "prosze|poprosze|prosimy|prosilbym|prosilabym|dziekuje|dziekujemy|dziekuja|dziekuie"
            "|dzieki|dzienki|dziex|dzk|dzx"
            "|thx|thanks|dziekowac|dziekuwa|bardzo|serdecznie|pieknie|slicznie|uprzejmie|wielkie|z|ze|gory"
        ),
        "pani|pan|panie|panstwu|panstwo|panstwa|panu|pania|doktor|doktorze|doktora|doktorowi|dr|doktorka|mgr",
        "dzien|dobry|wieczor|witam|witajcie|czesc|czesc|hej|hejka|hejo|siema|siemka|halo|dziendobry|szanowni",
        (
            "mi|mnie|mna|nam|nas|sie|ja|my|to|ten|ta|te|tego|tej|tym|temu|w|we|dla|a|i|no|wiec|zatem"
            "|ze|tez|wtedy"
        ),
        "termin|to|ten|data|dzien|opcja|propozycja jest|bedzie",
        "bedzie ok|dobrze|super|git|idealnie|idealny|pasowac|pasowal|najlepszy|najlepiej|lepszy|lepiej|dobry",
        "wszystko jasne",
        "za przypomnienie|info|informacje|wiadomosc|pamiec|sms|smsa|kontakt|odpowiedz",
        (
            "termin|terminie|terminu|termim|termn|wizyta|wizyte|wizyty|wizycie|opcja|opcje|opcji"
            "|opcj|propozycja|propozycje"
            "|propozycji|numer|nr|numerek|wersja|wersje|pozycja|pozycje|slot|data|date|dnia|dniu|dzien"
        ),
        "na termin|opcje|propozycje|wizyte|kontrole|przeglad",
        "na pewno",
        "napewno",
        (
            "wybieram|wybieramy|wybiore|wybor|biore|bierzemy|wezme|wezmiemy|rezerwuje|rezerwujemy"
            "|rezerwacja|rezerwacje"
            "|zarezerwuj|zarezerwujcie|zarezerwowac|zapisz|zapiszcie|zapisac|zapisuje|wpisz"
            "|wpiszcie|wpisac|wpisuje|umow|umowcie"
            "|umowic|umawiam|umowmy|klepnij|klepnijcie|klep|rezerwuj|bookuje|zaklep|zaklepcie"
        ),
        (
            "chcialbym|chcialabym|chcielibysmy|chce|chcemy|moge|mozemy|przyjsc|przyjechac|wpasc"
            "|byc|dam|damy|rade"
        ),
        (
            "dobry|dobra|dobre|najlepszy|najlepsza|najlepiej|idealny|idealna|idealna|swietny"
            "|fajny|fajna|spoko|super|dogodny"
            "|wygodny|odpowiedni|lepszy|lepsza|lepiej|wole|wolalbym|wolalabym|najbardziej"
        ),
        (
            "odpowiada|pasuje|pasowal|pasowaloby|pasi|podoba|zdecydowanie|absolutnie|koniecznie"
            "|spokojnie|chetnie|pamietam"
            "|pamietamy|jasne|ok|mila|mile|milo|mi|mi"
        ),
        "milego dnia|weekendu|popoludnia|wieczoru",
        "do widzenia|uslyszenia|zobaczenia",
        "nie ma za co",
        "pozdrawiam|pozdrowienia|pozdro|pozdr|pozdrawiamy|papa|pa|buziaki|buziaczki|calusy",
        "#",
    ),
    farewell=(
        "pozdrawiam|pozdrawiamy|pozdrowienia|pozdro|pozdr|serdecznosci|usciski",
        "z powazaniem|wyrazami|uszanowaniem",
        "z wyrazami szacunku",
    ),
    ordinals={
        **dict.fromkeys(("pierwszy", "pierwsza", "pierwsze", "pierwszego", "pierwszym", "jeden"), 1),
        **dict.fromkeys(("jedynka", "jedynke", "jedynki", "pierszy", "pierwsy", "1szy", "1wszy"), 1),
        **dict.fromkeys(("drugi", "druga", "drugie", "drugiego", "drugim", "dwa", "dwojka", "dwojke"), 2),
        **dict.fromkeys(("dwojki", "2gi", "ii"), 2),
        **dict.fromkeys(("trzeci", "trzecia", "trzecie", "trzeciego", "trzecim", "trzy", "trojka"), 3),
        **dict.fromkeys(("trojke", "trojki", "3ci", "iii"), 3),
        **dict.fromkeys(("czwarty", "czwarta", "czwarte", "cztery", "czworka", "czworke"), 4),
        **dict.fromkeys(("piaty", "piata", "piate", "piec"), 5),
        **dict.fromkeys(("ostatni", "ostatnia", "ostatnie", "ostatniego", "ostatnim"), -1),
    },
    scores={
        **dict.fromkeys(("zero", "zerowo", "zera"), 0),
        **dict.fromkeys(("jeden", "jedynka", "jedynke"), 1),
        **dict.fromkeys(("dwa", "dwojka", "dwojke", "dwie"), 2),
        **dict.fromkeys(("trzy", "trojka", "trojke"), 3),
        **dict.fromkeys(("cztery", "czworka", "czworke"), 4),
        **dict.fromkeys(("piec", "piatka", "piatke"), 5),
        **dict.fromkeys(("szesc", "szostka", "szostke"), 6),
        **dict.fromkeys(("siedem", "siodemka", "siodemke"), 7),
        **dict.fromkeys(("osiem", "osemka", "osemke"), 8),
        **dict.fromkeys(("dziewiec", "dziewiatka", "dziewiatke"), 9),
        **dict.fromkeys(("dziesiec", "dziesiatka", "dziesiatke", "dycha", "dyszka", "dyche"), 10),
    },
    time=TIME,
    unsure=(
        "no super",
        "no swietnie",
        "no pieknie",
        "dobrze mi tak",
        "no",
        "dzien dobry",
        "dobry wieczor",
        "dobry",
        "bedzie dobrze",
        "bedzie ok",
        "dobra dobra",
        "jasne jasne",
        "na pewno",
        "napewno",
        "no na pewno",
        "wolne terminy",
        "wolny termin",
        "najblizszy termin",
        "wolne terminy prosze",
        "nie wiem",
        "jeszcze nie wiem",
        "nie wiem jeszcze",
        "nie jestem pewna",
        "nie jestem pewny",
    ),
)
