namespace SwarmOrleans.Cli.Output;

/// <summary>Lines of <c>name : value</c>, the values under each other.</summary>
internal sealed class Summary
{
    private readonly List<(string Name, string? Value)> _lines = [];

    public Summary Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _lines.Add((name, value));
        }

        return this;
    }

    public Summary Head(string name)
    {
        _lines.Add((name, null));
        return this;
    }

    /// <summary>A line that is taken as it is.</summary>
    public Summary Line(string text)
    {
        _lines.Add((text, ""));
        return this;
    }

    public void WriteTo(TextWriter output)
    {
        var width = _lines.Where(l => !string.IsNullOrEmpty(l.Value)).Select(l => l.Name.Length).DefaultIfEmpty().Max();
        foreach (var (name, value) in _lines)
        {
            output.WriteLine(value is null ? $"{name}:" : value.Length == 0 ? name : $"{name.PadRight(width)} : {value}");
        }
    }
}
