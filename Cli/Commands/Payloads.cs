using System.CommandLine;
using Google.Protobuf;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary>What the commands for secrets and configs have in common.</summary>
internal static class Payloads
{
    /// <summary>Columns four blanks apart, as SwarmKit prints these two.</summary>
    public const int Gap = 4;

    public static Option<string?> FileOption() => new("--file", "-f") { Description = "file to read the data from; standard input without it" };

    public static Option<string[]> LabelOption() => new("--label") { Description = "label, key=value" };

    public static Option<string?> TemplatingOption() => new("--template-driver") { Description = "golang: the data is a template that each task's node expands" };

    public static async Task<ByteString> ReadAsync(GlobalOptions globals, string? file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = file is null ? globals.OpenInput() : File.OpenRead(file);
            return await ByteString.FromStreamAsync(stream, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file ?? "standard input"}: {e.Message}");
        }
    }

    public static Annotations Annotations(string name, IEnumerable<string> labels)
    {
        var annotations = new Annotations { Name = name };
        foreach (var (key, value) in KeyValues.Parse("--label", labels))
        {
            annotations.Labels[key] = value;
        }

        return annotations;
    }

    public static Driver? Templating(string? name) => name is null ? null : new Driver { Name = name };

    public static string Age(Meta? meta) =>
        meta?.CreatedAt is { } created ? $"{Text.Age(TimeProvider.System.GetUtcNow() - created.ToDateTimeOffset())} ago" : "";

    public static IEnumerable<T> NewestFirst<T>(IEnumerable<T> items, Func<T, Meta?> metaOf) =>
        items.OrderByDescending(i => metaOf(i)?.CreatedAt?.ToDateTimeOffset());

    public static Summary Describe(string id, Annotations annotations, Meta? meta)
    {
        var summary = new Summary().Add("ID", id).Add("Name", annotations.Name).Add("Created", Text.Time(meta?.CreatedAt));
        return annotations.Labels.Count == 0 ? summary : AddLabels(summary, annotations);
    }

    public static Summary AddLabels(Summary summary, Annotations annotations)
    {
        summary.Head("Labels");
        foreach (var (key, value) in annotations.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            summary.Add($"  {key}", value.Length == 0 ? "\"\"" : value);
        }

        return summary;
    }
}
