using System.Text.RegularExpressions;

namespace SwarmOrleans.Control.Validation;

/// <summary>The grammar of image references: <c>[host[:port]/]path[:tag][@digest]</c>.</summary>
internal static partial class ImageReference
{
    private const int MaxNameLength = 255;

    public static bool IsValid(string reference)
    {
        var match = Pattern().Match(reference);
        return match.Success && match.Groups["name"].Length <= MaxNameLength;
    }

    [GeneratedRegex(
        @"^(?<name>(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?\z")]
    private static partial Regex Pattern();
}
