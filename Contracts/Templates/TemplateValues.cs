using System.Globalization;

namespace SwarmOrleans.Contracts.Templates;

/// <summary>What can be done with the values of a template.</summary>
internal static class TemplateValues
{
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        string text => text.Length > 0,
        long number => number != 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        IReadOnlyList<object?> list => list.Count > 0,
        _ => true,
    };

    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        bool truth => truth ? "true" : "false",
        string text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        IReadOnlyDictionary<string, object?> map => $"map[{string.Join(' ', map.Select(m => $"{m.Key}:{Print(m.Value)}"))}]",
        IReadOnlyList<object?> list => $"[{string.Join(' ', list.Select(Print))}]",
        TemplateRecord record => $"{{{string.Join(' ', record.Fields.Values.Select(Print))}}}",
        _ => throw new ArgumentException($"{value.GetType()} is not a value of templates", nameof(value)),
    };

    public static string NameOf(object? value) => value switch
    {
        null => "nil",
        bool => "bool",
        string => "string",
        long => "int",
        IReadOnlyDictionary<string, object?> => "map",
        TemplateRecord record => record.Name,
        _ => "list",
    };

    public static object? Field(object? value, string name, string path) => value switch
    {
        TemplateRecord record => record.Fields.TryGetValue(name, out var field)
            ? field
            : throw new TemplateException($"at <{path}>: can't evaluate field {name} in type {record.Name}"),
        IReadOnlyDictionary<string, object?> map => map.TryGetValue(name, out var entry)
            ? entry
            : throw new TemplateException($"at <{path}>: map has no entry for key \"{name}\""),
        _ => throw new TemplateException($"at <{path}>: can't evaluate field {name} in type {NameOf(value)}"),
    };

    /// <summary>Keys and values of a map, numbers and values of a list, the numbers below a number.</summary>
    public static IEnumerable<(object? Key, object? Value)> Items(object? value) => value switch
    {
        null => [],
        IReadOnlyDictionary<string, object?> map => map.Select(m => ((object?)m.Key, m.Value)),
        IReadOnlyList<object?> list => list.Select((item, i) => ((object?)(long)i, item)),
        long count => Count(count),
        _ => throw new TemplateException($"range can't iterate over {Print(value)}"),
    };

    private static IEnumerable<(object? Key, object? Value)> Count(long count)
    {
        for (var i = 0L; i < count; i++)
        {
            yield return (i, i);
        }
    }
}
