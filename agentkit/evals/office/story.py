"""The office of the tasks: the people, mails, events, files and spreadsheets that the tasks are about."""

from __future__ import annotations

from functools import cache

from agentkit.evals.office.formulas import as_content, column_name
from agentkit.evals.office.world import Cells, Event, Mail, Office, Person, Role

TODAY = "2027-03-08"
"""A Monday."""

_PEOPLE = """
Nora Feld        | nora.feld@halden.example     | Operations
Bea Hartmann     | bea.hartmann@halden.example  | Finance
Ines Okafor      | ines.okafor@halden.example   | Finance
Bea Lindholm     | bea.lindholm@halden.example  | Design
Jonas Weber      | jonas.weber@halden.example   | Design
Tomas Reyes      | tomas.reyes@halden.example   | Sales
Lena Vogt        | lena.vogt@halden.example     | Sales
Mira Sato        | mira.sato@halden.example     | IT
Paul Brandt      | paul.brandt@halden.example   | Legal
Karim Aziz       | karim.aziz@halden.example    | Facilities
Elsa Quint       | elsa@quintlabs.example       | Quint Labs
Otto Prins       | otto@prins.example           | Prins Catering
Raj Patel        | raj@patelprint.example       | Patel Print
Sofia Lund       | sofia@lundarch.example       | Lund Architects
"""

_MAILS = """
m001 | elsa@quintlabs.example | 2027-03-05 | Contract talk | Hello Nora, I would like to go through the contract with \
you and Paul. On Wednesday 10 March I can only do 14:00 to 15:00, on Thursday 11 March only 10:00 to 11:00. Elsa
m002 | tomas.reyes@halden.example | 2027-03-05 | Taxi receipt | Nora, I forgot one receipt of the Bergen trip: taxi to \
the station, 2 March, 36.50 EUR. Please add it to the expenses, it is still open. Tomas
m003 | otto@prins.example | 2027-03-05 | Places at the fair | Dear Nora, how many places do I plan for at the spring \
fair? The number of places taken so far is enough. Otto Prins
m004 | ines.okafor@halden.example | 2027-03-05 | Budget Q2 | Nora, the year total of the budget shows an error. IT has \
6,200 EUR in Q2; somebody typed it as a text. Please put it right. Ines
m005 | mira.sato@halden.example | 2027-03-04 | Broken laptop | LT-103 is beyond repair. Please write "broken" into the \
list for it, and put down the spare one for its user. Mira
m006 | letter@officeweekly.example | 2027-03-04 | Ten chairs we love | This week: chairs. Unsubscribe at any time.
m007 | paul.brandt@halden.example | 2027-03-05 | Quint Labs: final terms | Nora, we have agreed: the fee is 19,200 EUR \
and the work starts on 15 April 2027. The draft still has the old terms. Paul
m008 | raj@patelprint.example | 2027-03-06 | Re: Spring fair | We come, and need 3 places. Raj
m009 | sofia@lundarch.example | 2027-03-06 | Re: Spring fair | I am sorry, I cannot come this year. Sofia
m010 | lena@oldharbour.example | 2027-02-26 | Handover Moen | Nora, the offer for Moen was 7,450 EUR, valid until \
31 March 2027. From March on I am at the new office. Lena
m011 | karim.aziz@halden.example | 2027-03-06 | Maple closed on Tuesday | The heating of Maple is repaired on Tuesday \
9 March from 9:00 to 12:00. Please use another room. Karim
m012 | bea.hartmann@halden.example | 2027-03-05 | Invoice of Patel Print | The scan is at scans/0193.txt. Can you file \
it under invoices/2027 and tell me when it is due? Bea
m013 | letter@officeweekly.example | 2027-03-06 | Plants for dark rooms | This week: plants. Unsubscribe at any time.
m014 | jonas.weber@halden.example | 2027-03-06 | Press release | The draft is at drafts/press_release.md. Bea from \
Design should look at it before it goes out. Jonas
m015 | paul.brandt@halden.example | 2027-03-06 | Lunch on Friday | I have to go to court on Friday. Can we move our \
lunch to Thursday 18 March, same time? Paul
m016 | bea.lindholm@halden.example | 2027-03-06 | Colour guide | The colour guide was 47.00 EUR and not 74.00, I mixed \
up the digits. Bea
"""

_EVENTS = """
e001 | Standup         | 2027-03-08 09:00 | 09:15 | Cedar | nora.feld jonas.weber mira.sato
e002 | Design review   | 2027-03-09 10:00 | 11:00 | Maple | nora.feld bea.lindholm jonas.weber
e003 | Budget talk     | 2027-03-10 14:00 | 15:00 | Birch | nora.feld ines.okafor bea.hartmann
e004 | Sales pipeline  | 2027-03-11 13:00 | 14:00 | Cedar | nora.feld tomas.reyes lena.vogt
e005 | Fair planning   | 2027-03-12 09:30 | 10:30 | Birch | nora.feld karim.aziz
e006 | Lunch with Paul | 2027-03-12 12:30 | 13:30 |       | nora.feld paul.brandt
e007 | Interview       | 2027-03-15 11:00 | 12:00 | Cedar | nora.feld mira.sato jonas.weber
e008 | Legal check     | 2027-03-16 15:00 | 16:00 | Cedar | nora.feld paul.brandt
e009 | Vendor call     | 2027-03-17 09:00 | 09:30 |       | nora.feld tomas.reyes
e010 | Team breakfast  | 2027-03-18 08:30 | 09:30 | Maple | nora.feld bea.lindholm jonas.weber mira.sato karim.aziz
"""

_FILES = {
    "notes/standup.md": "# Standup\n- Jonas: colours of the fair\n- Mira: laptops",
    "notes/old_ideas.md": "# Ideas of last year\n- A boat\n- A band",
    "contracts/quint_labs_draft.txt": "Contract with Quint Labs\nFee: 18,400 EUR\nStart: 1 April 2027\nSigned: no",
    "contracts/prins_catering.txt": "Contract with Prins Catering\nPrice of a place: 42.50 EUR\nSigned: yes",
    "fair/checklist.md": "# Spring fair, 16 April 2027\n- [x] Hall\n- [ ] Menu\n- [ ] Badges",
    "fair/agenda.md": "# Agenda of the fair\n10:00 Welcome\n11:00 Talks\n13:00 Lunch",
    "policies/travel.md": "# Travel\nHotels: up to 140 EUR a night.\nDearer ones are approved by Ines Okafor.",
    "scans/0193.txt": "Patel Print\nInvoice PP-2207\nAmount: 642.00 EUR\nDue: 19 March 2027",
    "drafts/press_release.md": "# Halden opens its doors\nThe spring fair is on 16 April 2027.",
    "minutes/2027-03-01.md": "# Minutes, 1 March 2027\n- Karim: badges\n- Tomas: call Moen\n- Mira: check laptops",
}

_SHEETS = {
    "finance/expenses.sheet": """
Date       | Person       | Item           | Amount | Status |  | Total        | Open
2027-03-01 | Tomas Reyes  | Train          | 184.5  | open   |  | =SUM(D2:D40) | =SUMIF(E2:E40,"open",D2:D40)
2027-03-01 | Lena Vogt    | Hotel, 2 nights | 312   | open
2027-03-02 | Jonas Weber  | Paper samples  | 58.2   | paid
2027-03-03 | Tomas Reyes  | Client dinner  | 127.4  | open
2027-03-04 | Mira Sato    | Keyboard       | 89.9   | paid
2027-03-05 | Bea Lindholm | Colour guide   | 74     | open
""",
    "finance/budget.sheet": """
Team       | Q1         | Q2         | Year
Sales      | 12000      | 9000       | =B2+C2
Design     | 8000       | 7600       | =B3+C3
IT         | 5000       | 6,200 EUR  | =B4+C4
Facilities | 4300       | 4100       | =B5+C5
Total      | =SUM(B2:B5) | =SUM(C2:C5) | =D2+D3+D4+D5
""",
    "fair/guests.sheet": """
Guest       | Company         | Answer | Places |  | Places taken
Elsa Quint  | Quint Labs      | yes    | 2     |  | =SUM(D2:D40)
Otto Prins  | Prins Catering  | no     | 0
Ida Moen    | Moen            | yes    | 1
Raj Patel   | Patel Print     | open   | 0
Sofia Lund  | Lund Architects | open   | 0
""",
    "sales/offers.sheet": """
Customer        | Amount | Valid until
Holt Press      | 3200   | 2027-03-20
Lund Architects | 5100   | 2027-04-10
""",
    "it/laptops.sheet": """
Serial | User         | Bought | State
LT-101 | Jonas Weber  | 2021   | in use
LT-102 | Lena Vogt    | 2024   | in use
LT-103 | Bea Hartmann | 2020   | in use
LT-104 | spare        | 2025   | in store
LT-105 | Tomas Reyes  | 2023   | in use
""",
}

_SHARES: dict[str, dict[str, Role]] = {"finance/budget.sheet": {"ines.okafor@halden.example": "editor"}}


def story() -> Office:
    """Return the office with nothing in it but what the tasks are about, a new one every time."""
    return Office.model_validate_json(_story_json())


@cache
def _story_json() -> str:
    people = [Person(name=name, email=email, team=team) for name, email, team in _rows(_PEOPLE)]
    office = Office(
        user=people[0],
        today=TODAY,
        people=people,
        rooms=["Birch", "Cedar", "Maple"],
        mails={row[0]: _mail(*row) for row in _rows(_MAILS)},
        events={row[0]: _event(*row) for row in _rows(_EVENTS)},
        files=_FILES,
        sheets={path: _cells(text) for path, text in _SHEETS.items()},
        shares=_SHARES,
    )
    return office.model_dump_json()


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def _mail(number: str, sender: str, date: str, subject: str, text: str) -> Mail:
    to = ["nora.feld@halden.example"]
    return Mail(id=number, folder="inbox", sender=sender, to=to, date=date, subject=subject, text=text)


def _event(number: str, title: str, start: str, end: str, room: str, people: str) -> Event:
    attendees = sorted(f"{name}@halden.example" for name in people.split())
    return Event(id=number, title=title, start=start, end=f"{start[:11]}{end}", attendees=attendees, room=room or None)


def _cells(table: str) -> Cells:
    return {
        f"{column_name(column)}{row}": as_content(cell)
        for row, cells in enumerate(_rows(table), 1)
        for column, cell in enumerate(cells, 1)
        if cell
    }
