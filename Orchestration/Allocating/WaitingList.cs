namespace SwarmOrleans.Orchestration;

/// <summary>Who waits for what; each waits for one thing at a time, first come first served.</summary>
/// <typeparam name="T">What is waited for.</typeparam>
internal sealed class WaitingList<T>
    where T : notnull
{
    private readonly Dictionary<string, T> _waits = [];
    private readonly Dictionary<T, LinkedList<string>> _queues = [];
    private readonly Dictionary<string, LinkedListNode<string>> _places = [];

    /// <summary>What <paramref name="id"/> waits for.</summary>
    public T this[string id] => _waits[id];

    /// <summary>From now on, <paramref name="id"/> waits for that, behind all others unless it did already.</summary>
    public void Add(string id, T what)
    {
        if (_waits.TryGetValue(id, out var known) && known.Equals(what))
        {
            return;
        }

        Remove(id);
        if (!_queues.TryGetValue(what, out var queue))
        {
            _queues.Add(what, queue = []);
        }

        _waits.Add(id, what);
        _places.Add(id, queue.AddLast(id));
    }

    /// <summary>False when it did not wait.</summary>
    public bool Remove(string id)
    {
        if (!_waits.Remove(id, out var what))
        {
            return false;
        }

        _places.Remove(id, out var place);
        var queue = _queues[what];
        queue.Remove(place!);
        if (queue.Count == 0)
        {
            _queues.Remove(what);
        }

        return true;
    }

    /// <summary>The first that waits for that; null when nobody does.</summary>
    public string? First(T what) => _queues.TryGetValue(what, out var queue) ? queue.First!.Value : null;

    /// <summary>All that wait for that, the first one first.</summary>
    public IReadOnlyList<string> For(T what) => _queues.TryGetValue(what, out var queue) ? [.. queue] : [];
}
