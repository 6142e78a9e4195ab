"""Makes data/letters.json: how often two letters follow each other, per language, counted in the names of countries, languages,
currencies, months and units that Babel brings (CLDR, Unicode licence). With it imports/letters.py tells encodings apart.

Run it from the repository's root when a language is added: python packaging/letters.py"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

from babel import Locale

LANGUAGES = [
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "is",
    "ca",
    "eu",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "hr",
    "sl",
    "sr_Latn",
    "sq",
    "tr",
    "lt",
    "lv",
    "et",
    "el",
    "ru",
    "uk",
    "bg",
    "sr",
    "mk",
    "be",
    "he",
    "ar",
    "vi",
]
MORE = {
    "zh": (
        "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能"
        "好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意"
        "进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海"
        "口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难"
        "神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许"
        "八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往"
        "展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德"
        "收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志"
        "飞观争究包组造落视济喜离虽坏兴段杨陈刘赵吴徐孙胡朱郭何罗梁宋郑谢韩唐冯董萧曹邓曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴"
        "夏钟汪田姜范限责电话地址姓名省县街号楼室邮编"
    ),
    "zh-Hant": (
        "的一是不了人我在有他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可里後小麼心多天而能"
        "好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些與高意"
        "進把法此實回二理美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四第門相次東政海"
        "口使教西再平真聽世氣信北少關並內加化由卻代軍產入先山五太水萬市眼體別處總才場師書比住員九性通目華報立馬命張活難神"
        "數件安表原車白應路期叫常提感金何更反合放做系計或司利受光王果親界及今京務制解各任至清物台臺象記邊共風戰接它許八特"
        "覺望直服林題建南度統色字請交愛讓認算論百義科元社術結六功指思非流每青管夫連遠資隊跟帶花快條院變聯言權往展該領傳近"
        "留紅治決周保達辦運武半候七必城父強步完深區即求品士轉量空程告江語英基滿式李息寫識極令黃德收錢未持取設始版雙歷史商"
        "千片容研像友站廣改議形委早房音火際則首單據導影失網香專石校讀志飛觀組造落視濟陳劉趙吳徐孫楊林蔡許鄭謝洪曾廖賴周葉"
        "蘇莊呂江何蕭羅高潘簡朱鍾游彭詹胡施沈余趙盧梁顏柯翁魏孫戴北市縣區路段號樓室郵遞股份有限公司"
    ),
    "ja": (
        "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西"
        "電校語土木聞食車何南万毎白天母火右読友左休父雨会社株式商事業部課担当者住所番号県市区町村郡府都道島京田中村佐藤鈴"
        "木高橋伊渡辺山本小林加藤吉松井木林清水斎橋森阿池内石野原青竹坂崎福岡神奈川埼玉千葉茨城栃群静愛知三重滋賀阪兵庫良"
        "和歌取広岡口香媛沖縄代田谷宿渋品川港新宿豊島電話番号郵便氏名様注文価格数量備考商品合計金額税込請求書発行年度分類"
        "種別"
    ),
    "ko": (
        "이다는에의을가고하지사로도어인기한자리대해전서시나아일수들부정제그보은있스라관과원성주용장여상중만으마오소경공게"
        "조우구것없안위내등지국문세세제체화무회비도명실선생동양신계생연모발방면물분데선울특별광역구군읍면동로길층호주식회"
        "사서울부산대구인천광주대전경기강원충청전라경상제주남북도시김박최정강조윤임한오신권황송류홍전고문손배백허남심노하"
        "곽차성민현우준영진희숙자철름이화번소메일담당직급객품"
    ),
}
"""The commonest characters of texts and names, by hand: what CLDR names are countries."""
_CEDILLA = str.maketrans("șț", "şţ")
_WORD = re.compile(r"[^\W\d_]+")


def words(name: str) -> set[str]:
    """Native words of a language, in small letters; names alone, no codes."""
    locale = Locale.parse(name)
    texts: list[str] = [*locale.territories.values(), *locale.languages.values(), *locale.currencies.values()]
    texts += [*locale.scripts.values(), *locale.variants.values()]
    for calendar in (locale.months, locale.days, locale.quarters):
        for context in calendar.values():
            texts += [t for width, names in context.items() if width == "wide" for t in names.values()]
    for unit in locale.unit_display_names.values():
        texts += unit.values()
    for patterns in locale._data.get("unit_patterns", {}).values():
        texts += [
            t for forms in patterns.values() if isinstance(forms, dict) for t in forms.values() if isinstance(t, str)
        ]
    for plural in locale._data.get("currency_names_plural", {}).values():
        texts += plural.values()
    found = set()
    for text in texts:
        for word in _WORD.findall(unicodedata.normalize("NFC", str(text).lower())):
            if len(word) > 1:
                found.add(word)
    return found


def main() -> None:
    made: dict[str, object] = {}
    for name in LANGUAGES:
        pairs: Counter[str] = Counter()
        for word in words(name):
            for first, second in zip(f" {word}", f"{word} ", strict=True):
                pairs[first + second] += 1
        if name == "ro":  # old encodings have the cedilla where the language has the comma
            pairs += Counter({p.translate(_CEDILLA): c for p, c in pairs.items() if p.translate(_CEDILLA) != p})
        kept = {p: c for p, c in sorted(pairs.items()) if c > 1 or not p.isascii()}
        made[name.partition("_")[0] if name != "sr_Latn" else "sr-Latn"] = kept
        print(name, len(words(name)), len(kept), "".join(sorted({c for p in kept for c in p if not c.isascii()}))[:90])
    for name in ("ja", "zh", "zh_Hant", "ko"):
        counts = Counter(c for word in words(name) for c in word if ord(c) > 0x3000)
        language = name.replace("_", "-")
        made[language] = "".join(dict.fromkeys(MORE[language] + "".join(c for c, _ in counts.most_common(400))))
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    Path("data/letters.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
