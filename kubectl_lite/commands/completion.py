"""`kubectl_lite completion`: what a shell must be told to complete our commands, flags and the cluster's names.

The scripts ask `kubectl_lite __complete WORDS...`, as kubectl's do; `kubectl_lite.completing` answers.
"""

from __future__ import annotations

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import usage
from kubectl_lite.session import Session

BASH = r"""# bash completion for kubectl_lite
#   source <(kubectl_lite completion bash)
__start_kubectl_lite() {
    local IFS=$'\n'
    COMPREPLY=($(kubectl_lite __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
    # A word that ends in = or / goes on.
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
}
complete -o default -F __start_kubectl_lite kubectl_lite
"""

ZSH = r"""#compdef kubectl_lite
# zsh completion for kubectl_lite
#   source <(kubectl_lite completion zsh)
_kubectl_lite() {
    local -a found
    local line
    for line in ${(f)"$(kubectl_lite __complete ${words[2,CURRENT]} 2>/dev/null)"}; do
        found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    _describe 'kubectl_lite' found
}
compdef _kubectl_lite kubectl_lite
"""

FISH = r"""# fish completion for kubectl_lite
#   kubectl_lite completion fish | source
function __kubectl_lite_complete
    set -l words (commandline -opc) (commandline -ct)
    kubectl_lite __complete $words[2..-1] 2>/dev/null
end
complete -c kubectl_lite -f -a '(__kubectl_lite_complete)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@command("completion")
@click.argument("shells", nargs=-1)
def cli(session: Session, shells: tuple[str, ...]) -> None:
    """Output shell completion code for the specified shell (bash, zsh, or fish)."""
    if not shells:
        raise usage("completion", "Shell not specified.")
    if len(shells) > 1:
        raise usage("completion", "Too many arguments. Expected only the shell type.")
    if shells[0] not in SCRIPTS:
        raise usage("completion", f'Unsupported shell type "{shells[0]}".')
    print(SCRIPTS[shells[0]], end="")
