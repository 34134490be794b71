namespace SwarmOrleans.Contracts.Templates;

/// <summary>A value with fixed fields. Asking for another field is an error, whereas a map merely lacks a key.</summary>
/// <param name="name">What it is, for messages.</param>
/// <param name="fields">Its fields.</param>
public sealed class TemplateRecord(string name, IReadOnlyDictionary<string, object?> fields)
{
    /// <summary>What it is, for messages.</summary>
    public string Name { get; } = name;

    /// <summary>Its fields by name, in the order in which they print.</summary>
    public IReadOnlyDictionary<string, object?> Fields { get; } = fields;
}
