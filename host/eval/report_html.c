#include "eval/report_html.h"

/* Two palettes, by the reader's own setting; blue is normal and orange is abnormal in both. */
static const char STYLE[] =
    ":root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#dde1e6;"
    "--grid:#e9ecf0;--normal:#2b6cb0;--abnormal:#d9622b;--score:#6b4fbb;"
    "--warn:#8a4b00;--warn-page:#fff3dc}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2127;--ink:#e6e9ed;--soft:#9aa4b0;"
    "--line:#333a43;--grid:#2a3038;--normal:#6cacf0;--abnormal:#f2925c;--score:#b8a4f5;"
    "--warn:#ffd591;--warn-page:#3a2b10}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\n"
    "main{max-width:1120px;margin:0 auto;padding:24px 16px 48px}\n"
    "h1{font-size:1.6rem;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}\n"
    "h2{font-size:1.2rem;margin:36px 0 12px}\n"
    "h3{font-size:1rem;margin:0 0 10px}p{margin:6px 0}.soft{color:var(--soft)}\n"
    ".warning{background:var(--warn-page);color:var(--warn);border-radius:8px;padding:10px 14px;"
    "margin:14px 0}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:20px 0}\n"
    ".tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}\n"
    ".tile{padding:12px 14px}\n"
    ".tile b{display:block;font-size:1.45rem;line-height:1.3;overflow-wrap:anywhere}\n"
    ".tile span{color:var(--soft);font-size:.85rem}\n"
    ".card{padding:16px;margin:0 0 16px}.scroll{overflow-x:auto;padding:4px 16px}\n"
    ".pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:16px 24px}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}\n"
    "th{color:var(--soft);font-weight:500;text-align:left}\n"
    "th,td{padding:8px 14px 8px 0;border-bottom:1px solid var(--line);white-space:nowrap}\n"
    "tr:last-child>*{border-bottom:0}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".recipe td:last-child{white-space:normal;overflow-wrap:anywhere;width:70%}\n"
    ".heatmap td,.heatmap th{padding:5px 8px}.heatmap th.machine{text-align:center;border-left:1px solid "
    "var(--line)}\n"
    ".heat{text-align:center;font-variant-numeric:tabular-nums;border-left:1px solid var(--line);"
    "background:color-mix(in srgb,var(--normal) var(--heat-share),var(--card))}\n"
    ".heat.none{background:none;color:var(--soft)}.heat small{display:block;color:var(--ink);opacity:.7}\n"
    ".figure2{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px}\n"
    "details{margin:0 0 10px}details.machine{border:1px solid var(--line);border-radius:10px;padding:4px "
    "14px}\n"
    "summary{cursor:pointer;padding:6px 0}details[open]>summary{margin-bottom:8px}\n"
    "figure{margin:0;min-width:0}figcaption{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}\n"
    "figcaption b{color:var(--ink)}\n"
    "figure img{display:block;width:100%;height:150px;image-rendering:pixelated;border-radius:6px;"
    "margin:0 0 6px}\n"
    ".patches{display:grid;grid-template-columns:repeat(5,1fr);gap:6px}\n"
    ".patches img{height:auto;aspect-ratio:1}\n"
    "svg{display:block;width:100%;height:auto;max-width:520px;margin:0 auto}\n"
    "svg.strip{width:170px;margin:0}\n"
    "svg text{fill:var(--soft);font-size:12px}svg text.strong{fill:var(--ink);font-weight:600}\n"
    ".grid{stroke:var(--grid)}.axis{stroke:var(--soft)}.chance{stroke:var(--soft);stroke-dasharray:4 4}\n"
    ".low{fill:var(--grid);opacity:.6}.curve{fill:none;stroke:var(--normal);stroke-width:1.6;opacity:.65}\n"
    ".normal{fill:var(--normal)}.abnormal{fill:var(--abnormal)}.bar{opacity:.62}\n"
    ".dot{fill:var(--normal);opacity:.5}.mean{stroke:var(--ink);stroke-width:2}\n"
    "svg.explained{max-width:800px}svg.explained text{font-size:11px}\n"
    "@media(max-width:600px){svg.explained text{font-size:13px}}\n"
    ".patch{stroke:var(--score);stroke-width:5;opacity:.45}\n"
    ".moment{fill:none;stroke:var(--score);stroke-width:1.8;stroke-linejoin:round}\n"
    ".recording{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:5 4}\n"
    ".highest{fill:var(--abnormal);opacity:.25}.unheard{fill:var(--card);opacity:.65}\n"
    ".edge{fill:none;stroke:#000;stroke-width:3.5;opacity:.7}\n"
    ".edge.light{stroke:#fff;stroke-width:1.5;opacity:1}\n";

void html_open(FILE *stream, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n",
          stream);
    html_element(stream, "title", title);
    fprintf(stream, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", STYLE);
}

void html_close(FILE *stream)
{
    fputs("<p class=\"soft\">earshot " EARSHOT_VERSION "</p>\n</main>\n</body>\n</html>\n", stream);
}

void html_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        const char c = *text;
        if (c == '<')
            fputs("&lt;", stream);
        else if (c == '>')
            fputs("&gt;", stream);
        else if (c == '&')
            fputs("&amp;", stream);
        else if (c == '"')
            fputs("&quot;", stream);
        else if (c == '\'')
            fputs("&#39;", stream);
        else if ((c > 0 && c < ' ') || c == 0x7f) /* a control character in a file's name */
            fputs("&#xfffd;", stream);
        else
            fputc(c, stream);
    }
}

void html_element(FILE *stream, const char *tag, const char *text)
{
    fprintf(stream, "<%s>", tag);
    html_text(stream, text);
    fprintf(stream, "</%s>\n", tag);
}

void html_tile(FILE *stream, const char *value, const char *name)
{
    fputs("<div class=\"tile\"><b>", stream);
    html_text(stream, value);
    fputs("</b><span>", stream);
    html_text(stream, name);
    fputs("</span></div>\n", stream);
}

/* RFC 4648: three bytes are four letters; what is missing at the end is "=". */
static void put_base64(FILE *stream, const uint8_t *bytes, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const unsigned second = i + 1 < size ? bytes[i + 1] : 0, third = i + 2 < size ? bytes[i + 2] : 0;
        const unsigned word = (unsigned)bytes[i] << 16 | second << 8 | third;
        fputc(letters[word >> 18], stream);
        fputc(letters[word >> 12 & 63], stream);
        fputc(i + 1 < size ? letters[word >> 6 & 63] : '=', stream);
        fputc(i + 2 < size ? letters[word & 63] : '=', stream);
    }
}

void html_png(FILE *stream, const uint8_t *png, size_t size)
{
    fputs("data:image/png;base64,", stream);
    put_base64(stream, png, size);
}

void html_picture(FILE *stream, const uint8_t *png, size_t size, const char *description)
{
    fputs("<img alt=\"", stream);
    html_text(stream, description);
    fputs("\" src=\"", stream);
    html_png(stream, png, size);
    fputs("\"/>\n", stream);
}
