"""What --help, the man pages, the completions and the documentation say of the options must be the same:
    pages.py EARSHOT PAGES SOURCE       prints one line for each difference; exit 1 if there is any
    pages.py --self-test EARSHOT PAGES SOURCE   takes one option out of each page in turn, and sees that it is missed
A tool that would read a page as its users do, and is not here, is told with SKIPPED; the rest is compared all the same."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
differences = []


def differ(text):
    differences.append(text)


def run(*arguments, **more):
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **more)


def same(what, expected, found):
    if missing := sorted(expected - found):
        differ(f'{what} lacks {" ".join(missing)}')
    if unknown := sorted(found - expected):
        differ(f'{what} has {" ".join(unknown)}, which --help does not know')


class Help:
    """What `earshot --help` and `earshot COMMAND --help` say."""

    def __init__(self, earshot):
        self.earshot = earshot
        listed = run(earshot, '--help').stdout.split('Commands:\n')[1].split('\n\n')[0]
        self.commands = re.findall(r'^  ([a-z]+) ', listed, re.M)
        self.options, self.letters, self.choices = {}, {}, {}
        for command in self.commands:
            self.read(command, run(earshot, command, '--help').stdout)
        self.everything = set().union(*self.options.values())
        if len(self.commands) < 10 or len(self.everything) < 50:
            sys.exit(f'--help was not understood: {len(self.commands)} commands, {len(self.everything)} options')

    def read(self, command, text):
        rows = re.findall(r'^  (?:-(\w), )?(--[a-z0-9-]+)(.*(?:\n {20,}.*)*)', text, re.M)
        self.options[command] = {name for _, name, _ in rows}
        self.letters[command] = {'-' + letter for letter, _, _ in rows if letter}
        self.choices[command] = {}
        for _, name, rest in rows:
            choices = re.search(r': ([a-z0-9-]+(?:\|[a-z0-9-]+)+)(?: \[\S*\])?$', ' '.join(rest.split()))
            if choices:
                self.choices[command].setdefault(name, set(choices[1].split('|')))

    def names(self, command, key):
        answer = json.loads(run(self.earshot, command, '--json').stdout.splitlines()[-1])
        return {row['name'] for row in answer[key]}


# --------------------------------------------------------------------------------------------- man pages

def plain(roff):
    return re.sub(r'\\f[BIR]|\\&', '', roff).replace('\\-', '-').replace('\\e', '\\')


def check_man(known, pages):
    found = {name[:-2] for name in os.listdir(f'{pages}/man1')}
    same('man1/', {'earshot'} | {f'earshot-{command}' for command in known.commands}, found)
    for command in known.commands:
        try:
            with open(f'{pages}/man1/earshot-{command}.1', encoding='utf-8') as file:
                text = plain(file.read())
        except FileNotFoundError:
            continue
        tags = re.findall(r'^\.TP\n(.*)\n(.*(?:\n[^.].*)*)', text, re.M)
        names = {name for tag, _ in tags for name in re.findall(r'--[a-z0-9-]+', tag)}
        same(f'man earshot-{command}', known.options[command] | negated(names), names)
        letters = {name for tag, _ in tags for name in re.findall(r'(?<!\S)-\w\b', tag)}
        same(f'man earshot-{command}', known.letters[command], letters)
        for tag, body in tags:
            choices = re.search(r'^One of: (.*)\.$', body, re.M)
            expected = known.choices[command].get(re.search(r'--[a-z0-9-]+', tag)[0], set())
            if choices and expected - set(choices[1].split(', ')):
                differ(f'man earshot-{command}: {tag}: {choices[1]}, where --help has {sorted(expected)}')
        if '.SH EXAMPLES' not in text:
            differ(f'man earshot-{command}: no example')
    lint_man([f'{pages}/man1/{name}.1' for name in sorted(found)])


def negated(names):
    """--no-NAME is told where NAME is."""
    return {name for name in names if name.startswith('--no-') and '--' + name[5:] in names}


def lint_man(files):
    linters = {'groff': ['groff', '-ww', '-man', '-Kutf8', '-Tutf8'],
               'mandoc': ['mandoc', '-Tlint', '-Wwarning']}
    for tool, arguments in linters.items():
        if not shutil.which(tool):
            print(f'SKIPPED: {tool} is missing, so it reads no man page')
            continue
        for file in files:
            done = run(*arguments, file)
            words = done.stderr if tool == 'groff' else done.stdout
            # Pages carry no date: they are made of the program, and two builds of it must be the same bytes.
            for line in words.splitlines():
                if 'missing date' not in line:
                    differ(f'{tool}: {line}')


# ------------------------------------------------------------------------------------------------ bash

BASH = r'''
source "$1"
compopt() { :; }
while IFS=$'\t' read -r -a COMP_WORDS; do
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    [[ ${COMP_WORDS[COMP_CWORD]} != . ]] || COMP_WORDS[COMP_CWORD]=
    COMPREPLY=()
    _earshot
    echo "${COMPREPLY[@]}"
done
'''


def bash(pages, questions, folder='/'):
    """The words that complete the last word of each question ('.': nothing typed yet)."""
    lines = ''.join('\t'.join(words) + '\n' for words in questions)
    done = run('bash', '--norc', '-uc', BASH, 'bash', f'{pages}/earshot', input=lines, cwd=folder)
    if done.returncode or done.stderr:
        differ(f'bash: {done.stderr}')
    answers = done.stdout.split('\n')[:-1]
    return [set(answer.split()) for answer in answers] + [set()] * (len(questions) - len(answers))


def check_bash(known, pages):
    questions = [['earshot', '.']] + [['earshot', command, '--'] for command in known.commands]
    answers = bash(pages, questions)
    same('bash: earshot', set(known.commands) | {'--help', '--version'}, answers[0])
    for command, answer in zip(known.commands, answers[1:]):
        same(f'bash: earshot {command}', known.options[command], answer - negated(answer))
    asked = [(command, name, words) for command in known.commands for name, words in known.choices[command].items()]
    answers = bash(pages, [['earshot', command, name, '.'] for command, name, _ in asked])
    for (command, name, words), answer in zip(asked, answers):
        same(f'bash: earshot {command} {name}', words, answer)
    check_bash_names(known, pages)


def check_bash_names(known, pages):
    networks, detectors = known.names('networks', 'networks'), known.names('detectors', 'detectors')
    cases = [
        (['earshot', 'extract', '--network', '.'], networks | {'patch'}),
        (['earshot', 'extract', '--network', '=', '.'], networks | {'patch'}),
        (['earshot', 'extract', '--network', '=', 'resnet1'], {'resnet18'}),
        (['earshot', 'extract', '--network', 'squeeze'], {n for n in networks if n.startswith('squeeze')}),
        (['earshot', 'extract', '--backend', '.'], known.names('devices', 'backends') | {'auto'}),
        (['earshot', 'fit', 'F.h5', '--detector', '.'], detectors),
        (['earshot', 'eval', 'F.h5', '--detector', 'gmm,kn'], {'gmm,knn'}),
        (['earshot', 'extract', '--colour-map', '.'], {'viridis', 'gray'}),
        (['earshot', 'weights', '.'], {'list', 'fetch', 'check', 'seeded'} | networks | {'patch'}),
        (['earshot', 'layers', 'resnet3'], {'resnet34'}),
        (['earshot', 'extract', '-o', 'on'], {'one.h5', 'one.d'}),
        (['earshot', 'extract', 'on'], {'one.h5', 'one.d'}),
        (['earshot', 'eval', 'one.h5', '-o', 'on'], {'one.d'}),
        (['earshot', 'extract', '--n-fft', '.'], set()),
        (['earshot', 'nothing', '.'], set()),
    ]
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f'{folder}/one.d')
        open(f'{folder}/one.h5', 'w', encoding='utf-8').close()
        for (words, expected), answer in zip(cases, bash(pages, [words for words, _ in cases], folder)):
            same(f'bash: {" ".join(words)}', expected, answer)


# ------------------------------------------------------------------------------------------------- zsh

def check_zsh(known, pages):
    with open(f'{pages}/_earshot', encoding='utf-8') as file:
        text = file.read()
    for command in known.commands:
        function = re.search(rf'^_earshot_{command}\(\) {{\n(.*?)^}}', text, re.M | re.S)
        names = set(re.findall(r"^    '(--[a-z0-9-]+)", function[1], re.M)) if function else set()
        same(f'zsh: earshot {command}', known.options[command], names - negated(names))
    same('zsh: earshot', set(known.commands), set(re.findall(r"^  '([a-z]+):", text, re.M)))
    if not shutil.which('zsh'):
        print('SKIPPED: zsh is missing, so it does not complete')
        return
    done = run('zsh', '-n', f'{pages}/_earshot')
    if done.returncode or done.stderr:
        differ(f'zsh -n: {done.stderr}')
    run_zsh(known, pages)


def run_zsh(known, pages):
    networks = known.names('networks', 'networks') | {'patch'}
    cases = [
        ('earshot ', set(known.commands)),
        ('earshot extract --', known.options['extract']),
        ('earshot extract --network ', networks),
        ('earshot extract --network=', networks),
        ('earshot fit F.h5 --detector ', known.names('detectors', 'detectors')),
        ('earshot eval F.h5 --detector gmm,', known.names('detectors', 'detectors') - {'gmm'}),
        ('earshot extract corpus --precision ', {'fp32', 'tf32', 'fp16'}),
        ('earshot weights ', {'list', 'fetch', 'check', 'seeded'}),
        ('earshot extract --list ', {'one.h5'}),
    ]
    with tempfile.TemporaryDirectory() as folder:
        open(f'{folder}/one.h5', 'w', encoding='utf-8').close()
        environment = {**os.environ, 'HOME': folder, 'TERM': 'dumb'}
        for line, expected in cases:
            done = run('zsh', '-f', f'{HERE}/zsh_completes.zsh', pages, folder, line, env=environment)
            answer = {word.rstrip('=') for word in done.stdout.split()}
            if missing := sorted(expected - answer):
                differ(f'zsh: “{line}” lacks {" ".join(missing)} {done.stderr}')


# --------------------------------------------------------------------------------------- documentation

def documentation(source):
    """Lines of README and docs/, but of the pages that add something, and so name options which are not there yet."""
    names = [name for name in os.listdir(f'{source}/docs') if name.endswith('.md') and not name.startswith('add-')]
    paths = [f'{source}/README.md'] + sorted(f'{source}/docs/{name}' for name in names)
    for path in paths:
        with open(path, encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                yield f'{os.path.relpath(path, source)}:{number}', line


OTHERS = r'\b(pkg-config|apt-get|cmake|ctest|docker|buildah|podman|dpkg|sbatch|srun|kubectl|pip|python3?|curl|helm)\b'


def check_documentation(known, source):
    """An option behind `earshot COMMAND` is that command's; one that stands alone is some command's."""
    n = 0
    for where, line in documentation(source):
        if re.search(OTHERS, line) and 'earshot ' not in line:
            continue
        for piece in re.split(r'(?=\bearshot [a-z]+)', line):
            behind = re.match(r'earshot ([a-z]+)', piece)
            options = known.options.get(behind[1]) if behind else None
            end = piece.find('`') if behind else len(piece)
            for at in re.finditer(r'(?<![-\w])--([a-z][a-z0-9-]*)(?![-\w])', piece):
                name, n = '--' + at[1], n + 1
                mine = options if options and (end < 0 or at.start() < end) else known.everything
                if name not in mine | {'--help', '--version'} and '--' + at[1].removeprefix('no-') not in mine:
                    differ(f'{where}: {name} is no option{" of " + behind[1] if mine is options else ""}')
    if n < 50:
        differ(f'the documentation was not understood: {n} options found')


# ------------------------------------------------------------------------------------------------ main

def check(earshot, pages, source):
    differences.clear()
    known = Help(earshot)
    check_man(known, pages)
    check_bash(known, pages)
    check_zsh(known, pages)
    check_documentation(known, source)
    return known


def self_test(earshot, pages, source):
    """Each page without --precision."""
    for name, pattern in [('man1/earshot-extract.1', r'\.TP\n\\fB\\-\\-precision'), ('earshot', '--precision '),
                          ('_earshot', "    '--precision=")]:
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(pages, copy, dirs_exist_ok=True)
            with open(f'{copy}/{name}', encoding='utf-8') as file:
                text = file.read()
            with open(f'{copy}/{name}', 'w', encoding='utf-8') as file:
                file.write(re.sub(pattern, 'x', text))
            check(earshot, copy, source)
            if not any(re.search('lacks .*--precision', line) for line in differences):
                sys.exit(f'{name} without --precision: {differences}')
    print('self-test: the option is missed in each page that lacks it')


if sys.argv[1] == '--self-test':
    self_test(*map(os.path.abspath, sys.argv[2:]))
    sys.exit()
about = check(*map(os.path.abspath, sys.argv[1:]))
print(*differences, sep='\n')
print(f'{len(about.commands)} commands, {sum(map(len, about.options.values()))} rows of options: {len(differences)} differences')
sys.exit(bool(differences))
