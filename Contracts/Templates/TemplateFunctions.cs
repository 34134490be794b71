namespace SwarmOrleans.Contracts.Templates;

/// <summary>
/// Functions that templates may call: <c>join separator a b …</c>, and of Go's own <c>and or not eq ne lt le gt ge len index print println printf</c>.
/// </summary>
public sealed class TemplateFunctions
{
    private readonly Dictionary<string, Func<string, string>> _more;

    private TemplateFunctions(Dictionary<string, Func<string, string>> more) => _more = more;

    /// <summary>The functions that every template has.</summary>
    public static TemplateFunctions Common { get; } = new([]);

    /// <summary>These and one of one text.</summary>
    public TemplateFunctions With(string name, Func<string, string> function) => new(new Dictionary<string, Func<string, string>>(_more) { [name] = function });

    internal object? Call(string name, object?[] arguments)
    {
        if (_more.TryGetValue(name, out var function))
        {
            return function(Text(Exactly(name, arguments, 1)[0]));
        }

        return name switch
        {
            "not" => !TemplateValues.IsTrue(Exactly(name, arguments, 1)[0]),
            "eq" => AtLeast(name, arguments, 2)[1..].Any(a => AreEqual(arguments[0], a)),
            "ne" => !AreEqual(Exactly(name, arguments, 2)[0], arguments[1]),
            "lt" => Compare(Exactly(name, arguments, 2)) < 0,
            "le" => Compare(Exactly(name, arguments, 2)) <= 0,
            "gt" => Compare(Exactly(name, arguments, 2)) > 0,
            "ge" => Compare(Exactly(name, arguments, 2)) >= 0,
            "len" => Length(Exactly(name, arguments, 1)[0]),
            "index" => AtLeast(name, arguments, 1)[1..].Aggregate(arguments[0], Index),
            "join" => string.Join(Text(AtLeast(name, arguments, 1)[0]), arguments[1..].Select(Text)),
            "print" => Join(arguments),
            "println" => string.Join(' ', arguments.Select(TemplateValues.Print)) + "\n",
            "printf" => TemplateFormat.Format(Text(AtLeast(name, arguments, 1)[0]), arguments[1..]),
            _ => throw new TemplateException($"function \"{name}\" not defined"),
        };
    }

    private static object?[] Exactly(string name, object?[] arguments, int count) => arguments.Length == count
        ? arguments
        : throw new TemplateException($"wrong number of args for {name}: want {count} got {arguments.Length}");

    private static object?[] AtLeast(string name, object?[] arguments, int count) => arguments.Length >= count
        ? arguments
        : throw new TemplateException($"wrong number of args for {name}: want at least {count} got {arguments.Length}");

    private static string Text(object? value) =>
        value as string ?? throw new TemplateException($"wrong type for value; expected string; got {TemplateValues.NameOf(value)}");

    private static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (string, string) or (long, long) or (bool, bool) => a.Equals(b),
        (null, _) or (_, null) => a == b,
        _ => throw new TemplateException("incompatible types for comparison"),
    };

    private static int Compare(object?[] pair) => (pair[0], pair[1]) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (long a, long b) => a.CompareTo(b),
        _ => throw new TemplateException("incompatible types for comparison"),
    };

    private static long Length(object? value) => value switch
    {
        string text => System.Text.Encoding.UTF8.GetByteCount(text),
        IReadOnlyDictionary<string, object?> map => map.Count,
        IReadOnlyList<object?> list => list.Count,
        _ => throw new TemplateException($"len of type {TemplateValues.NameOf(value)}"),
    };

    private static object? Index(object? value, object? key) => (value, key) switch
    {
        (IReadOnlyDictionary<string, object?> map, string name) => map.GetValueOrDefault(name, ""),
        (IReadOnlyList<object?> list, long number) => number >= 0 && number < list.Count
            ? list[(int)number]
            : throw new TemplateException($"index out of range: {number}"),
        _ => throw new TemplateException($"can't index item of type {TemplateValues.NameOf(value)}"),
    };

    // A space goes between values of which neither is a text.
    private static string Join(object?[] values)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0 && values[i] is not string && values[i - 1] is not string)
            {
                text.Append(' ');
            }

            text.Append(TemplateValues.Print(values[i]));
        }

        return text.ToString();
    }
}
