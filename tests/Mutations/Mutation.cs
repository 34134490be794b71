namespace SwarmOrleans.Tests.Mutations;

/// <summary>One mistake made on purpose.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Specification">The test class that must fail.</param>
/// <param name="File">The file that it is made in.</param>
/// <param name="Old">Text that occurs there once.</param>
/// <param name="New">What stands in its place.</param>
internal sealed record Mutation(string Name, string Specification, string File, string Old, string New)
{
    /// <summary>The project that it is built with.</summary>
    public string Project => File[..File.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Reads the list. Each mutation has a line with its name and specification, one with its file, and lines that go (-) and come (+).</summary>
    public static IEnumerable<Mutation> Read(string path)
    {
        string? name = null, specification = null, file = null;
        List<string> old = [], fresh = [];
        foreach (var line in System.IO.File.ReadLines(path).Append("[end]"))
        {
            if (line.StartsWith('['))
            {
                if (name is not null)
                {
                    yield return new Mutation(name, specification!, file!, string.Join('\n', old), string.Join('\n', fresh));
                }

                var end = line.IndexOf(']', StringComparison.Ordinal);
                (name, specification, file, old, fresh) = (line[1..end], line[(end + 1)..].Trim(), null, [], []);
            }
            else if (line.StartsWith("- ", StringComparison.Ordinal))
            {
                old.Add(line[2..]);
            }
            else if (line.StartsWith('+'))
            {
                fresh.Add(line.Length > 2 ? line[2..] : "");
            }
            else if (line.Length > 0 && !line.StartsWith('#'))
            {
                file = line;
            }
        }
    }

    /// <summary>The mutated text.</summary>
    /// <exception cref="InvalidDataException">The old text is not there, or not once.</exception>
    public string Apply(string text)
    {
        var at = text.IndexOf(Old, StringComparison.Ordinal);
        return at >= 0 && text.IndexOf(Old, at + 1, StringComparison.Ordinal) < 0
            ? string.Concat(text.AsSpan(0, at), New, text.AsSpan(at + Old.Length))
            : throw new InvalidDataException($"{Name}: the text to replace must occur once in {File}");
    }
}
