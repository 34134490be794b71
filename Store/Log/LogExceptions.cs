namespace SwarmOrleans.Store.Log;

/// <summary>Nothing was appended, since this member does not lead or no leader can be reached.</summary>
public sealed class NotLeaderException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The entry may or may not be committed; only resubmitting the same request id tells.</summary>
public sealed class OutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A change of the group's membership was refused or did not come about.</summary>
public sealed class MembershipChangeException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A file of the log or a snapshot fails its checks.</summary>
/// <param name="file">The damaged file.</param>
/// <param name="offset">Byte offset of the damage; -1 when the whole file is meant.</param>
/// <param name="reason">What is wrong there.</param>
/// <param name="inner">The cause.</param>
public sealed class LogCorruptException(string file, long offset, string reason, Exception? inner = null)
    : Exception($"{file}: {reason}{(offset < 0 ? "" : $" at offset {offset}")}", inner)
{
    /// <summary>The damaged file.</summary>
    public string File { get; } = file;

    /// <summary>Byte offset of the damage; -1 when the whole file is meant.</summary>
    public long Offset { get; } = offset;
}
