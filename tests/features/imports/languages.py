# ruff: noqa: E501 - a table, one row a line
"""Words and sentences in many languages, and the encodings that people's files hold them in: what test_encodings.py writes and
reads again. Nobody has seen them before: the models were counted in other words."""

from __future__ import annotations

WEST = ("cp1252", "iso8859-15", "mac-roman", "cp850")
MIDDLE = ("cp1250", "iso8859-2", "cp852")
CYRILLIC = ("cp1251", "koi8-r", "iso8859-5", "cp866")

TEXTS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "fr": (WEST, [
        "Hélène Lefèvre", "Chloé Gonçalves", "François Bérenger", "Aurélie Châtelain", "Besançon", "Orléans", "Saint-Étienne",
        "L'entrepôt est fermé jusqu'à lundi", "Société générale d'équipement", "Veuillez régler la facture dès réception",
        "Nîmes", "Évreux", "Forêt", "Prénom", "Numéro de téléphone", "Où êtes-vous né ?", "Naïma Benoît", "Mécanicien qualifié",
    ]),
    "it": (WEST, [
        "città", "Forlì", "Agliè di là", "Nicolò Bonafè", "Qualità e quantità", "Perché così tardi", "Università degli Studi",
        "Cefalù", "Niccolò", "Mondovì", "Società per azioni", "Attività", "La realtà è più complicata", "Venerdì e lunedì",
    ]),
    "es": (WEST, [
        "Diseño y planeación", "España pequeña", "José Muñoz", "Ángel Peña", "Núñez", "Descripción", "Compañía española",
        "Teléfono", "Dirección", "Málaga", "Córdoba", "Año de fabricación", "Martínez Gómez", "¿Cuándo llegó el señor?", "León",
    ]),
    "pt": (WEST, [
        "João Simões", "São Paulo", "Não há informação", "Descrição", "Endereço", "Conceição", "Guimarães", "Fundação",
        "Magalhães", "Município de Évora", "Ações e opções", "Relatório de gestão", "Câmara", "Antônio Araújo", "Açúcar e pão",
    ]),
    "de": (WEST, [
        "Jürgen Groß", "Müller & Söhne", "Straße 5, Köln", "Bärbel Schröder", "Übersee", "Größe", "Gebühren für März",
        "Geschäftsführer", "Lüdenscheid", "Würzburg", "Öffnungszeiten", "Fußgängerübergang", "Düsseldorf", "Weiß",
    ]),
    "sv": (WEST, [
        "Åsa Öberg", "Västerås", "Göteborg", "Malmö", "Håkan Sjögren", "Lönnrot", "Örebro", "Företag", "Kundnummer för året",
        "Björn Åkesson", "Skåne län", "Höger och vänster", "Östersund", "Märta", "Gävle",
    ]),
    "da": (WEST, [
        "Søren Kjær", "København", "Århus", "Bjørn Østergård", "Rødovre", "Træ og stål", "Åbningstider", "Jørgensen", "Ærø",
        "Køb og salg på nettet", "Smørrebrød", "Lærke Nørgaard", "Tønder", "Værløse",
    ]),
    "nb": (WEST, ["Tromsø", "Ålesund", "Bærum", "Kåre Bjørnstad", "Øystein Sørli", "Kjøpesum", "Åpningstider på lørdag", "Værøy"]),
    "fi": (WEST, ["Jyväskylä", "Hämeenlinna", "Mäkinen", "Yhtiön työntekijät", "Väinö Hyvönen", "Järvenpää", "Seinäjoki", "Määrä"]),
    "nl": (WEST, ["Coördinatie", "België", "Geïnteresseerd", "Zoë de Vries", "Reünie", "Patiënten", "Ruïne", "Financiële zaken"]),
    "pl": (MIDDLE, [
        "Łódź", "Gdańsk", "Małgorzata Wójcik", "Świętochłowice", "Zażółć gęślą jaźń", "Kraków", "Spółka z ograniczoną",
        "Częstochowa", "Bolesław Źrebiec", "Poznań", "Imię i nazwisko", "Ilość sztuk", "Łukasz Dąbrowski", "Województwo śląskie",
    ]),
    "cs": (MIDDLE, [
        "Příliš žluťoučký kůň", "Dvořák", "Plzeň", "Jiří Němec", "České Budějovice", "Útočník", "Hradec Králové", "Růžička",
        "Množství", "Společnost s ručením", "Kateřina Šťastná", "Třebíč", "Ondřej Čapek", "Věra Žáková",
    ]),
    "sk": (MIDDLE, ["Žilina", "Košice", "Ľubomír Kováč", "Prešov", "Vranov nad Topľou", "Spoločnosť", "Dátum splatnosti účtu", "Štúr"]),
    "hu": (MIDDLE, [
        "Győr", "Székesfehérvár", "Erdős Pál", "Nyíregyháza", "Szűcs Mária", "Debreceni Egyetem könyvtára", "Gyöngyös",
        "Kőszegi Jenő", "Hajdúszoboszló", "Árvíztűrő tükörfúrógép", "Összeg forintban", "Ügyfél neve", "Zsófi Bíró", "Dunaújváros",
    ]),
    "ro": (("cp1250", "iso8859-2"), ["Iaşi", "Timişoara", "Constanţa", "Ştefan Rădulescu", "Târgu Mureş", "Preţ şi cantitate", "Bucureşti"]),
    "hr": (MIDDLE, ["Šibenik", "Đakovo", "Ivan Šimić", "Županja", "Čakovec", "Požega", "Količina i naziv uređaja", "Bjelovar Križevci", "Anđelić"]),
    "sl": (MIDDLE, ["Škofja Loka", "Črnomelj", "Žalec", "Količina blaga", "Janez Novak Šuštar", "Račun številka", "Krško"]),
    "tr": (("cp1254", "iso8859-9", "cp857"), [
        "İstanbul", "Eskişehir", "Şanlıurfa", "Öğrenci kayıtları", "Müşteri adı", "Çağlayan Işık", "Doğan Yılmaz", "Kırıkkale",
        "Ağrı Dağı", "Güneş", "Muğla", "Ayşe Özgür", "Şişli", "Beşiktaş",
    ]),
    "lt": (("cp1257",), ["Vilniaus miesto savivaldybė", "Šiauliai", "Panevėžys", "Klaipėda", "Įmonės pavadinimas", "Žemaitis", "Kęstutis", "Sąskaita"]),
    "lv": (("cp1257",), ["Rīga", "Jūrmala", "Jānis Bērziņš", "Liepāja", "Uzņēmuma nosaukums", "Daugavpils pilsēta", "Ķekava", "Cēsis"]),
    "et": (("cp1257",), ["Pärnu", "Jõgeva", "Tõnu Õunapuu", "Põlva", "Ettevõtte nimi", "Võru", "Kogus ja ühik", "Jõhvi"]),
    "el": (("cp1253", "iso8859-7", "cp737"), [
        "Αθήνα", "Θεσσαλονίκη", "Γιώργος Παπαδόπουλος", "Πάτρα", "Ελένη Νικολάου", "Ημερομηνία", "Διεύθυνση κατοικίας", "Όνομα",
        "Ηράκλειο Κρήτης", "Ποσότητα", "Τηλέφωνο", "Μαρία", "Λάρισα", "Επώνυμο",
    ]),
    "ru": (CYRILLIC, [
        "Алексей Фёдорович", "Москва", "улица Ленина", "Наталья Ивановна", "Санкт-Петербург", "Количество", "Общество с ограниченной",
        "Екатеринбург", "Фамилия и имя", "Цена за штуку", "Новосибирск", "Щербаков", "Юрий", "Заказчик",
    ]),
    "uk": (("cp1251", "koi8-u"), ["Київ", "Харків", "Львівська область", "Ірина Шевченко", "Кількість", "Їжакевич", "Запоріжжя", "Прізвище"]),
    "bg": (("cp1251", "iso8859-5"), ["София", "Пловдив", "Велико Търново", "Георги Димитров", "Количество", "Щъркелово", "Държава"]),
    "ja": (("cp932", "euc-jp"), [
        "東京都千代田区", "株式会社日本商事", "山田太郎", "大阪市北区梅田", "電話番号", "ﾔﾏﾀﾞ ﾀﾛｳ", "カタカナ", "ありがとうございます", "鈴木一郎様",
        "ﾌﾘｶﾞﾅ", "請求書", "横浜市中区",
    ]),
    "zh": (("gb18030",), ["北京市朝阳区", "有限责任公司", "张伟", "上海", "客户名称", "联系电话", "李娜", "广州市天河区", "数量", "单价", "深圳", "王芳"]),
    "zh-Hant": (("big5",), ["台北市信義區", "股份有限公司", "陳志明", "高雄", "客戶名稱", "聯絡電話", "林美玲", "數量", "單價", "新竹縣", "黃淑芬"]),
    "ko": (("cp949",), ["서울특별시 강남구", "주식회사 한국", "김철수", "부산", "고객명", "전화번호", "이영희", "수량", "대한민국", "박지훈"]),
}  # fmt: skip
