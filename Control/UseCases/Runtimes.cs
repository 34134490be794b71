using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control;

/// <summary>The names of runtimes, by which services and tasks are filtered.</summary>
internal static class Runtimes
{
    /// <summary><c>container</c>, <c>attachment</c>, or the kind of a generic runtime in lower case.</summary>
    public static string Of(TaskSpec? spec) => spec?.RuntimeCase switch
    {
        TaskSpec.RuntimeOneofCase.Container => "container",
        TaskSpec.RuntimeOneofCase.Attachment => "attachment",
        TaskSpec.RuntimeOneofCase.Generic => spec.Generic.Kind.ToLowerInvariant(),
        _ => "",
    };
}
