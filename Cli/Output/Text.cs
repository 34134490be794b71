using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Output;

/// <summary>Values as SwarmKit spells them.</summary>
internal static class Text
{
    public static string Of(TaskState state) => state.ToString().ToUpperInvariant();

    public static string Upper<T>(T value)
        where T : struct, System.Enum => value.ToString().ToUpperInvariant();

    /// <summary>A state with its age: <c>RUNNING 2 minutes ago</c>.</summary>
    public static string WithAge(SwarmTaskStatus? status, DateTimeOffset now)
    {
        var state = Of(status?.State ?? TaskState.New);
        var since = status?.Timestamp ?? status?.AppliedAt;
        return since is null ? state : $"{state} {Age(now - since.ToDateTimeOffset())} ago";
    }

    public static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 1 } => "Less than a second",
        { TotalSeconds: < 2 } => "1 second",
        { TotalSeconds: < 60 } => Number(age.TotalSeconds, "seconds"),
        { TotalMinutes: < 2 } => "About a minute",
        { TotalMinutes: < 60 } => Number(age.TotalMinutes, "minutes"),
        { TotalHours: < 2 } => "About an hour",
        { TotalHours: < 48 } => Number(age.TotalHours, "hours"),
        { TotalDays: < 14 } => Number(age.TotalDays, "days"),
        { TotalDays: < 60 } => Number(age.TotalDays / 7, "weeks"),
        { TotalDays: < 730 } => Number(age.TotalDays / 30, "months"),
        _ => Number(age.TotalDays / 365, "years"),
    };

    /// <summary>A duration as Go prints it: <c>2160h0m0s</c>, <c>1m30s</c>, <c>500ms</c>.</summary>
    public static string Span(Duration? duration)
    {
        var span = duration?.ToTimeSpan() ?? TimeSpan.Zero;
        if (span == TimeSpan.Zero)
        {
            return "0s";
        }

        if (span < TimeSpan.FromSeconds(1))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.###}ms");
        }

        var seconds = string.Create(CultureInfo.InvariantCulture, $"{span.Seconds + (span.Milliseconds / 1000.0):0.###}s");
        return span.TotalHours >= 1
            ? $"{(long)span.TotalHours}h{span.Minutes}m{seconds}"
            : span.TotalMinutes >= 1 ? $"{span.Minutes}m{seconds}" : seconds;
    }

    public static string Time(Timestamp? time) => time?.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";

    private static string Number(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{(long)value} {unit}");
}
