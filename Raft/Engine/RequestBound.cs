namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// How many bytes of entries one request carries, unless one entry alone is longer. Halved when a request fails: what a follower on a slow disk or a
/// busy machine cannot take in within the request's timeout it would be sent for ever.
/// </summary>
internal sealed class RequestBound
{
    /// <summary>The most, to begin with.</summary>
    public const long MaxBytes = 2 << 20;

    /// <summary>The least.</summary>
    public const long MinBytes = 32 << 10;

    private long _bytes = MaxBytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Shrink() => Interlocked.Exchange(ref _bytes, Math.Max(MinBytes, Bytes / 2));

    public void Grow() => Interlocked.Exchange(ref _bytes, Math.Min(MaxBytes, Bytes + MinBytes));
}
