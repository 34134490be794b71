using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;

namespace SwarmOrleans.Cli.Output;

/// <summary>Parses durations as Go writes them: <c>10s</c>, <c>1h30m</c>, <c>250ms</c>.</summary>
internal static partial class Durations
{
    public static Duration Parse(string option, string text)
    {
        if (text == "0")
        {
            return new Duration();
        }

        if (!Whole().IsMatch(text))
        {
            throw new CommandException($"{option}: \"{text}\" is not a duration such as 10s, 1m30s or 500ms");
        }

        var seconds = 0.0;
        foreach (Match part in Part().Matches(text))
        {
            seconds += double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * part.Groups[2].Value switch
            {
                "h" => 3600,
                "m" => 60,
                "s" => 1,
                "ms" => 0.001,
                _ => 0.000001,
            };
        }

        return Duration.FromTimeSpan(TimeSpan.FromSeconds(text.StartsWith('-') ? -seconds : seconds));
    }

    [GeneratedRegex(@"^-?(?:\d+(?:\.\d+)?(?:h|ms|us|m|s))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(h|ms|us|m|s)")]
    private static partial Regex Part();
}
