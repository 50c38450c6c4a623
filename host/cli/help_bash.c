/* Completion for bash, without the package bash-completion's functions. */
#include "cli/help_pages.h"

#include "cli/help_values.h"

static const char beginning[] = "# Completion of earshot " EARSHOT_VERSION
                                " for bash, made from the tables of its options when it was built.\n"
                                "# A command's function is given the option before the cursor, and says what "
                                "may come: `options`, or `words`,\n"
                                "# `files` and `folders`; `takes` is set where that option takes a value.\n";

static const char ending[] =
    "\n"
    "# What may come at the cursor, in COMPREPLY. Of a list, the names after its last comma.\n"
    "_earshot_reply()\n"
    "{\n"
    "    local begun=\n"
    "    [[ $current != *,* ]] || begun=${current%,*},\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -P \"$begun\" -- \"${current##*,}\")\n"
    "    [[ ! $files$folders ]] || compopt -o filenames 2>/dev/null\n"
    "    [[ ! $files ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\")\n"
    "    [[ ! $folders ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$current\")\n"
    "}\n"
    "\n"
    "_earshot()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local options= words= files= folders= takes=\n"
    "    COMPREPLY=()\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        words=$_earshot_commands\n"
    "        _earshot_reply\n"
    "        return\n"
    "    fi\n"
    "    # The shell takes --option=value for three words.\n"
    "    if [[ $current == = ]]; then\n"
    "        current=\n"
    "    elif [[ $before == = ]]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    declare -F \"_earshot_${COMP_WORDS[1]}\" >/dev/null || return\n"
    "    \"_earshot_${COMP_WORDS[1]}\" \"$before\"\n"
    "    if [[ $current == -* && ! $takes ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
    "    else\n"
    "        _earshot_reply\n"
    "    fi\n"
    "}\n"
    "complete -F _earshot earshot\n";

void bash_begin(FILE *stream)
{
    fputs(beginning, stream);
}

static void put_option_words(FILE *stream, const struct options *options)
{
    const struct option *option = NULL;
    fputs("    options='", stream);
    for (int set = 0; (option = help_next_option(options, &set, option));) {
        fprintf(stream, "--%s ", option->name);
        if (help_is_negated(option)) fprintf(stream, "--no-%s ", option->name);
        if (option->letter) fprintf(stream, "-%c ", option->letter);
    }
    fputs("'\n", stream);
}

static void put_value(FILE *stream, const struct help_value *value)
{
    fprintf(stream, "words='%s' files=%s folders=%s", value->words, value->kind == HELP_FILES ? "1" : "",
            value->kind == HELP_FOLDERS ? "1" : "");
}

/* All that an option is called, as a pattern of `case`. */
static void put_pattern(FILE *stream, const struct option *option)
{
    fprintf(stream, "    --%s", option->name);
    if (option->letter) fprintf(stream, " | -%c", option->letter);
    for (const char *alias = option->alias ? option->alias : ""; *alias;) {
        int length = 0;
        while (alias[length] && alias[length] != '|') length++;
        fprintf(stream, " | --%.*s", length, alias);
        alias += length + (alias[length] == '|');
    }
    fputs(") ", stream);
}

void bash_command(FILE *stream, const struct command *command, const struct options *options)
{
    const struct option *option = NULL;
    const struct help_value between = help_usage_value(command->usage);
    fprintf(stream, "\n_earshot_%s()\n{\n", command->name);
    put_option_words(stream, options);
    fputs("    ", stream);
    put_value(stream, &between);
    fputs("\n    case $1 in\n", stream);
    for (int set = 0; (option = help_next_option(options, &set, option));) {
        if (option->type == OPTION_FLAG) continue;
        const struct help_value value = help_option_value(option);
        put_pattern(stream, option);
        fputs("takes=1 ", stream);
        put_value(stream, &value);
        fputs(" ;;\n", stream);
    }
    fputs("    esac\n}\n", stream);
}

void bash_end(FILE *stream, const struct command *const *commands, int n_commands)
{
    fputs("\n_earshot_commands='", stream);
    for (int i = 0; i < n_commands; i++) fprintf(stream, "%s ", commands[i]->name);
    fputs("--help --version'\n", stream);
    fputs(ending, stream);
}
