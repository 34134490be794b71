namespace SwarmOrleans.Agent.Processes;

/// <summary>
/// The shell that owns a task's process. It is in a session of its own, so that nothing that ends the agent ends it; it puts the process into a
/// group of its own, so that a stop reaches all of it; and it notes pid and exit code in files, so that any later agent can tell what became of it.
/// </summary>
internal static class ShimScript
{
    /// <summary>Arguments: task directory, working directory, cgroup file or empty, user or empty, then the command.</summary>
    public const string Text = """
        dir=$1; work=$2; cgroup=$3; user=$4; shift 4
        cd "$dir" || exit 125
        exec </dev/null >>stdout 2>>stderr
        [ -n "$cgroup" ] && echo $$ > "$cgroup" 2>/dev/null
        echo $$ > shim.tmp && mv shim.tmp shim
        if [ -n "$user" ]; then set -- setpriv --reuid="${user%%:*}" --regid="${user#*:}" --clear-groups -- "$@"; fi
        ( cd "$work" 2>/dev/null || { echo "working directory $work does not exist" > "$dir/error"; exit 125; }; exec setsid "$@" ) &
        child=$!
        echo $child > pid.tmp && mv pid.tmp pid
        trap '' TERM INT HUP
        while :; do wait $child; code=$?; kill -0 $child 2>/dev/null || break; done
        echo $code > exit.tmp && mv exit.tmp exit
        """;
}
