namespace SwarmOrleans.Cli.Commands;

/// <summary>Options of the form key=value.</summary>
internal static class KeyValues
{
    public static IEnumerable<(string Key, string Value)> Parse(string option, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            yield return equals > 0
                ? (text[..equals], text[(equals + 1)..])
                : throw new CommandException($"{option}: \"{text}\" is not of the form key=value");
        }
    }
}
