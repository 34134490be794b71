using Google.Protobuf.Collections;

namespace SwarmOrleans.Orchestration;

/// <summary>What is remembered about things with a key, found at once; written back by <see cref="Flush"/>.</summary>
internal sealed class Notes<TKey, TNote>
    where TKey : notnull
    where TNote : class
{
    private readonly RepeatedField<TNote> _field;
    private readonly Func<TNote, TKey> _keyOf;
    private readonly Dictionary<TKey, TNote> _notes;

    public Notes(RepeatedField<TNote> field, Func<TNote, TKey> keyOf)
    {
        _field = field;
        _keyOf = keyOf;
        _notes = new Dictionary<TKey, TNote>(field.Count);
        foreach (var note in field)
        {
            _notes[keyOf(note)] = note;
        }
    }

    public IReadOnlyCollection<TNote> All => _notes.Values;

    public int Count => _notes.Count;

    public TNote? Find(TKey key) => _notes.GetValueOrDefault(key);

    public bool Contains(TKey key) => _notes.ContainsKey(key);

    public TNote Put(TNote note) => _notes[_keyOf(note)] = note;

    public void Remove(TKey key) => _notes.Remove(key);

    public void RemoveWhere(Func<TNote, bool> isOver)
    {
        foreach (var key in _notes.Where(n => isOver(n.Value)).Select(n => n.Key).ToList())
        {
            _notes.Remove(key);
        }
    }

    public void Flush()
    {
        _field.Clear();
        _field.AddRange(_notes.Values);
    }
}
