namespace SwarmOrleans.Store.Applying;

/// <summary>
/// Verdicts by sequence. Immutable; since sequences come one after the other, they lie in chunks, of which a change copies those it writes to,
/// once.
/// </summary>
internal sealed class VerdictWindow
{
    private const ulong ChunkLength = 64;

    /// <summary>The window without verdicts.</summary>
    public static readonly VerdictWindow Empty = new(0, []);

    private readonly ulong _firstChunk;
    private readonly CommitResult[]?[]?[] _chunks;

    private VerdictWindow(ulong firstChunk, CommitResult[]?[]?[] chunks) => (_firstChunk, _chunks) = (firstChunk, chunks);

    /// <summary>What was decided under a sequence; null when that is not known.</summary>
    public CommitResult[]? Find(ulong sequence)
    {
        var chunk = sequence / ChunkLength;
        return chunk >= _firstChunk && chunk - _firstChunk < (ulong)_chunks.Length
            ? _chunks[chunk - _firstChunk]?[sequence % ChunkLength]
            : null;
    }

    /// <summary>All verdicts from <paramref name="floor"/> on, in order.</summary>
    public IEnumerable<(ulong Sequence, CommitResult[] Verdicts)> From(ulong floor)
    {
        for (var i = 0; i < _chunks.Length; i++)
        {
            for (ulong at = 0; _chunks[i] is { } chunk && at < ChunkLength; at++)
            {
                var sequence = ((_firstChunk + (ulong)i) * ChunkLength) + at;
                if (sequence >= floor && chunk[at] is { } verdicts)
                {
                    yield return (sequence, verdicts);
                }
            }
        }
    }

    /// <summary>A series of changes to a window. Use it no more once it is frozen.</summary>
    internal sealed class Draft(VerdictWindow window)
    {
        private readonly List<CommitResult[]?[]?> _chunks = [.. window._chunks];
        private readonly HashSet<ulong> _own = [];
        private ulong _firstChunk = window._firstChunk;

        public CommitResult[]? Find(ulong sequence)
        {
            var chunk = sequence / ChunkLength;
            return chunk >= _firstChunk && chunk - _firstChunk < (ulong)_chunks.Count
                ? _chunks[(int)(chunk - _firstChunk)]?[sequence % ChunkLength]
                : null;
        }

        /// <summary>Remembers the verdicts of a sequence, which is not below a floor given to <see cref="DropBelow"/>.</summary>
        public void Set(ulong sequence, CommitResult[] verdicts)
        {
            var number = sequence / ChunkLength;
            if (_chunks.Count == 0)
            {
                _firstChunk = number;
            }

            for (; number < _firstChunk; _firstChunk--)
            {
                _chunks.Insert(0, null);
            }

            while (number - _firstChunk >= (ulong)_chunks.Count)
            {
                _chunks.Add(null);
            }

            ref var chunk = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_chunks)[(int)(number - _firstChunk)];
            if (_own.Add(number))
            {
                chunk = chunk is null ? new CommitResult[]?[ChunkLength] : (CommitResult[]?[])chunk.Clone();
            }

            chunk![sequence % ChunkLength] = verdicts;
        }

        /// <summary>Lets go of chunks that hold nothing from <paramref name="floor"/> on.</summary>
        public void DropBelow(ulong floor)
        {
            var count = (int)Math.Min((ulong)_chunks.Count, floor / ChunkLength > _firstChunk ? (floor / ChunkLength) - _firstChunk : 0);
            _chunks.RemoveRange(0, count);
            _firstChunk += (ulong)count;
        }

        public VerdictWindow Freeze() => new(_firstChunk, [.. _chunks]);
    }
}
