using System.Runtime.CompilerServices;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Watching;

/// <summary>
/// The last changes, in order, for any number of readers. The writer never waits for a reader: one that falls behind the ring is told to
/// start over.
/// </summary>
/// <param name="minChanges">How many changes are kept at least; of a larger state as many as it has tasks, since to start over costs as much.</param>
/// <param name="current">The newest state; a batch is appended after the state that it leads to is there.</param>
internal sealed class WatchRing(int minChanges, Func<StoreView> current)
{
    private const int MaxTaken = 64;
    private const int Capacity = 1 << 15;

    // Batch number n, counted from the start of the process, is at n % Capacity.
    private readonly Stored?[] _batches = new Stored?[Capacity];
    private readonly Lock _lock = new();
    private long _firstPosition;
    private long _endPosition;
    private ulong _floor;
    private int _changes;
    private TaskCompletionSource _signal = New();

    /// <summary>Appends the changes that led to <paramref name="version"/> and wakes the readers.</summary>
    public void Append(ulong version, IReadOnlyList<StoreChange> changes)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            if (_endPosition - _firstPosition == Capacity)
            {
                Drop();
            }

            Add(new Stored(version, changes));
            var maxChanges = Math.Max(minChanges, current().Count<SwarmTask>());
            while (_changes > maxChanges && _endPosition - _firstPosition > 1)
            {
                Drop();
            }

            signal = _signal;
            _signal = New();
        }

        signal.TrySetResult();
    }

    /// <summary>Forgets everything up to <paramref name="version"/> but for <paramref name="difference"/>, which leads there.</summary>
    public void Reset(ulong version, IReadOnlyList<StoreChange> difference)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            while (_endPosition > _firstPosition)
            {
                Drop();
            }

            _floor = version;
            if (difference.Count > 0)
            {
                Add(new Stored(version, difference));
            }

            signal = _signal;
            _signal = New();
        }

        signal.TrySetResult();
    }

    public async IAsyncEnumerable<ChangeBatch> ReadAsync(ulong after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var position = Locate(after);
        var taken = new List<Stored>(MaxTaken);
        var version = after;
        while (true)
        {
            taken.Clear();
            var signal = Take(position, version, taken);
            position += taken.Count;
            foreach (var batch in taken)
            {
                // A view is published before its batch, so that a reader who starts from it can find the batch still to come.
                if (batch.Version > version)
                {
                    version = batch.Version;
                    yield return new ChangeBatch(version, current(), batch.Changes);
                }
            }

            if (taken.Count == 0)
            {
                await signal.OrCancelledAsync(cancellationToken);
            }
            else
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private long Locate(ulong after)
    {
        lock (_lock)
        {
            if (after < _floor)
            {
                throw new CompactedException(after);
            }

            var (low, high) = (_firstPosition, _endPosition);
            while (low < high)
            {
                var middle = low + ((high - low) / 2);
                (low, high) = At(middle).Version > after ? (low, middle) : (middle + 1, high);
            }

            return low;
        }
    }

    private Task Take(long position, ulong version, List<Stored> taken)
    {
        lock (_lock)
        {
            if (position < _firstPosition)
            {
                throw new CompactedException(version);
            }

            for (var end = Math.Min(_endPosition, position + MaxTaken); position < end; position++)
            {
                taken.Add(At(position));
            }

            return _signal.Task;
        }
    }

    private Stored At(long position) => _batches[position % Capacity]!;

    private void Add(Stored batch)
    {
        _batches[_endPosition++ % Capacity] = batch;
        _changes += batch.Changes.Count;
    }

    private void Drop()
    {
        var batch = At(_firstPosition);
        _batches[_firstPosition++ % Capacity] = null;
        _changes -= batch.Changes.Count;
        _floor = batch.Version;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Stored(ulong Version, IReadOnlyList<StoreChange> Changes);
}
