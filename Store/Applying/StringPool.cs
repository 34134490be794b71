using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Applying;

/// <summary>
/// Replaces equal strings by one instance, for the few that very many objects repeat (status messages, manager ids). Remembers the last
/// string of each hash: a miss costs memory, never correctness, so that threads need not agree.
/// </summary>
internal static class StringPool
{
    private const int Size = 1024;
    private const int MaxLength = 128;
    private static readonly string?[] Pool = new string?[Size];

    public static string Shared(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return text;
        }

        ref var place = ref Pool[KeyHash.Of(text) % Size];
        var known = Volatile.Read(ref place);
        if (known == text)
        {
            return known;
        }

        Volatile.Write(ref place, text);
        return text;
    }
}
