using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Tables;

/// <summary>What a table holds under an id: an object, or one that is still packed.</summary>
internal readonly struct StoredObject
{
    private readonly object? _form;

    public StoredObject(IStoreObject? item) => _form = item;

    public StoredObject(PackedObject packed) => _form = packed;

    /// <summary>True for what a look-up did not find.</summary>
    public bool IsNone => _form is null;

    public PackedObject? Packed => _form as PackedObject;

    public string Id => _form is PackedObject packed ? packed.Id : ((IStoreObject)_form!).Id;

    public ulong Version => _form is PackedObject packed ? packed.Version : ((IStoreObject)_form!).Meta.Version.Index;

    /// <summary>The unique name; null for none.</summary>
    public string? Name => _form switch
    {
        null => null,
        PackedObject packed => packed.Name.Length == 0 ? null : packed.Name,
        _ => UniqueNames.Of((IStoreObject)_form),
    };

    /// <summary>The object; null for none.</summary>
    public IStoreObject? Open() => _form is PackedObject packed ? packed.Open() : (IStoreObject?)_form;
}
