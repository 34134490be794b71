namespace SwarmOrleans.Cli.Output;

/// <summary>A table as SwarmKit prints it: header, dashes, columns a few blanks apart.</summary>
internal sealed class TextTable(params string[] columns)
{
    private readonly List<string[]> _rows = [columns, [.. columns.Select(c => new string('-', c.Length))]];

    /// <summary>Blanks between columns.</summary>
    public int Gap { get; init; } = 2;

    public void Add(params string[] cells) => _rows.Add(cells);

    public void WriteTo(TextWriter output)
    {
        var widths = Enumerable.Range(0, columns.Length).Select(i => _rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in _rows)
        {
            output.WriteLine(string.Join(new string(' ', Gap), row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
