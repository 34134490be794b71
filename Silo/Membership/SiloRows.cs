using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Orleans.Runtime;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Membership;

/// <summary>Rows of the membership table as objects of the store.</summary>
internal static class SiloRows
{
    public const string TableId = "membership";

    public static string IdOf(SiloAddress silo) => silo.ToParsableString();

    public static SiloMember ToRow(MembershipEntry entry, ulong revision)
    {
        var row = new SiloMember
        {
            Id = IdOf(entry.SiloAddress),
            Status = (int)entry.Status,
            ProxyPort = entry.ProxyPort,
            HostName = entry.HostName ?? "",
            SiloName = entry.SiloName ?? "",
            RoleName = entry.RoleName ?? "",
            StartTime = Time(entry.StartTime),
            IAmAliveTime = Time(entry.IAmAliveTime),
            Revision = revision,
        };
        foreach (var (silo, at) in entry.SuspectTimes ?? [])
        {
            row.SuspectTimes.Add(new SiloMember.Types.SuspectTime { Silo = silo.ToParsableString(), At = Time(at) });
        }

        return row;
    }

    public static Tuple<MembershipEntry, string> FromRow(SiloMember row) => Tuple.Create(
        new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(row.Id),
            Status = (SiloStatus)row.Status,
            ProxyPort = row.ProxyPort,
            HostName = row.HostName,
            SiloName = row.SiloName,
            RoleName = row.RoleName,
            StartTime = row.StartTime.ToDateTime(),
            IAmAliveTime = row.IAmAliveTime.ToDateTime(),
            SuspectTimes = [.. row.SuspectTimes.Select(s => Tuple.Create(SiloAddress.FromParsableString(s.Silo), s.At.ToDateTime()))],
        },
        row.Revision.ToString(CultureInfo.InvariantCulture));

    private static Timestamp Time(DateTime time) => Timestamp.FromDateTime(DateTime.SpecifyKind(time < DateTime.UnixEpoch ? DateTime.UnixEpoch : time, DateTimeKind.Utc));
}
