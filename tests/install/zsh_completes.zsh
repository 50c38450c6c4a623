# What zsh offers at the end of LINE, one word a line: zsh -f zsh_completes.zsh PAGES FOLDER LINE
# A second zsh on a pseudo-terminal is typed to; its compadd writes the words that match into a file.
zmodload zsh/zpty
local words=$2/.words
: >$words.done && rm $words.done
zpty -b shell zsh -f -i
zpty -w shell "source =(<<'SETUP'
PROMPT= PS2=
cd ${(q)2}
fpath=(${(q)1} \$fpath)
autoload -Uz compinit && compinit -u -d ${(q)2}/.dump
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
finish() { : >${(q)words}.done }
comppostfuncs=(finish)
compadd() {
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd \"\$@\"
        return
    fi
    typeset -a hits
    builtin compadd -A hits \"\$@\"
    print -rl -- \$hits >>${(q)words}
    builtin compadd \"\$@\"
}
: >${(q)words}.ready
SETUP
)"
repeat 100; do [[ -e $words.ready ]] && break; sleep 0.05; done
zpty -w -n shell "$3"$'\t'
repeat 100; do [[ -e $words.done ]] && break; sleep 0.05; done
zpty -d shell
[[ -e $words.done ]] || print -u2 "zsh did not answer"
cat $words 2>/dev/null
rm -f $words*
